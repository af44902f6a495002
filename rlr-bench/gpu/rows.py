"""Writes rows of gpu/run's tables, with times by the card's clock, for PyTorch's parts."""
import json
import signal
import statistics
import time

import torch


class Rows:
    def __init__(self, path):
        self.path = path

    def add(self, by, precision, row, **values):
        with open(self.path, "a") as file:
            file.write(json.dumps({"by": by, "precision": precision, "row": row, "values": values}) + "\n")
        print(f"{precision:8} {row:28} {by:24}", *(f"{k} {v:.4g}" for k, v in values.items()), flush=True)


def precision(name):
    """Allows rounding of float32 products; returns the type of the computation. TF32 rounds like ours."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name == "tf32"
    return {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}[name]


class Timer:
    """Medians, warm and cold: a buffer larger than the L2 cache is overwritten before each call; for warm times, the call also runs once before."""

    def __init__(self, device, tiny):
        self.cuda = device == "cuda"
        self.flush = torch.empty(4096 if tiny else 128 << 20, device=device)

    def microseconds(self, call, budget=0.25):
        call()
        once = self.times(call, 1, False)[0]
        repeats = int(max(5, min(60, budget * 1e6 / max(once, 1))))
        return {"warmUs": statistics.median(self.times(call, repeats, True)), "coldUs": statistics.median(self.times(call, repeats, False)), "repeats": repeats}

    def times(self, call, repeats, warm):
        if not self.cuda:
            return [self.host(call) for _ in range(repeats)]
        marks = []
        for _ in range(repeats):
            self.flush.fill_(1)
            if warm:
                call()
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call()
            end.record()
            marks.append((start, end))
        torch.cuda.synchronize()
        return [1e3 * start.elapsed_time(end) for start, end in marks]

    @staticmethod
    def host(call):
        start = time.perf_counter()
        call()
        return 1e6 * (time.perf_counter() - start)


class OutOfTime(BaseException):
    """Not a subclass of Exception, so that a compiler does not handle it as its own error."""


def out_of_time(*_):
    raise OutOfTime


class Ways:
    """Tries implementations one after the other while time is left; if this PyTorch does not support one on this card, only its rows are missing."""

    def __init__(self, seconds):
        self.end, self.done, self.not_ended, self.refused = time.monotonic() + seconds, 0, 0, 0
        signal.signal(signal.SIGALRM, out_of_time)

    def attempt(self, name, work):
        try:
            # 0 would disable the alarm
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, self.end - time.monotonic()))
            try:
                work()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            self.done += 1
        except OutOfTime:
            self.not_ended += 1
            print(f"no time left for {name}", flush=True)
        except Exception as e:
            self.refused += 1
            print(f"not {name}: {type(e).__name__}: {(str(e).strip().splitlines() or [''])[0]}", flush=True)

    def finish(self):
        """Ends the process with an error if nothing was measured."""
        print(f"NOTE: {self.done} ways measured, {self.refused} not supported, {self.not_ended} out of time")
        if not self.done:
            raise SystemExit("nothing could be measured")
