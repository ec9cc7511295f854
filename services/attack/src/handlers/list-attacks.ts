import { attacks, cascades } from '@parallax/attacks';
import type { AttackServiceService } from '@parallax/proto/parallax/attack/v1/attack_service';
import type { Handler } from '@parallax/rpc';
import { parsePage, renderPageToken } from '../requests/parse-page.ts';
import { attackDescriptorMessage, cascadeDescriptorMessage } from '../responses/attack-descriptor-message.ts';

/** Describes the attacks there are, by family, then name. */
export function listAttacks(): Handler<AttackServiceService, 'listAttacks'> {
  const all = [...attacks.map(attackDescriptorMessage), ...cascades.map(cascadeDescriptorMessage)].sort(
    (a, b) => a.family - b.family || (a.name < b.name ? -1 : 1),
  );
  return async (request) => {
    const { start, size } = parsePage(request);
    const end = start + size;
    return { attacks: all.slice(start, end), nextPageToken: end < all.length ? renderPageToken(end) : '' };
  };
}
