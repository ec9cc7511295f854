"""Wall time, and processor time of all threads of this process."""
import time


class Stopwatch:
    def __init__(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def seconds(self):
        return {"wall": time.perf_counter() - self.wall, "processor": time.process_time() - self.processor}
