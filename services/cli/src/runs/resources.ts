/** The resources that the messages of a watch carry. */
export async function* resources<Message, Resource>(
  messages: AsyncIterable<Message>,
  resourceOf: (message: Message) => Resource | undefined,
): AsyncGenerator<Resource> {
  for await (const message of messages) {
    const resource = resourceOf(message);
    if (resource !== undefined) yield resource;
  }
}
