"""worker.py SPEC - one engine in a process of its own, driven by bench.py: lines of JSON in, lines of JSON out. SPEC is a JSON object:
engine, case, dtype, threads, cpus, folder. Answers first {"ready": note} or {"skip": why}; then, for each
  {"reps": n}                                                the seconds of n rounds
  {"reps": n, "control": seconds, "bytes": b or 0}           the same between two controls: {"before", "seconds", "after"}
The process is pinned before anything is loaded, so that all threads that the engine starts inherit it."""
import ctypes
import json
import os
import sys
import time
import traceback


def main():
    spec = json.loads(sys.argv[1])
    os.sched_setaffinity(0, spec["cpus"])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                       # what libraries print is not an answer

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    import cases
    import engines
    case = next(c for c in cases.CASES if (c.name, c.dtype) == (spec["case"], spec["dtype"]))
    try:
        engine = engines.make(spec["engine"], case, spec["threads"], spec["folder"])
        engine.run(1)
    except engines.Skip as e:
        return answer({"skip": str(e)})
    except Exception as e:
        traceback.print_exc()
        return answer({"skip": f"{type(e).__name__}: {e}"[:600]})
    control = ctypes.CDLL(spec["control"])
    control.control_compute.restype = control.control_read.restype = ctypes.c_double
    cpus = (ctypes.c_int * len(spec["cpus"]))(*spec["cpus"])

    def measure(seconds, bytes_):
        # Threads of the engine may spin for a while after a call: not into the control.
        time.sleep(0.02 if spec["threads"] > 1 else 0)
        if bytes_:
            return control.control_read(spec["threads"], cpus, ctypes.c_size_t(bytes_), ctypes.c_double(seconds))
        return control.control_compute(spec["threads"], cpus, ctypes.c_double(seconds))

    answer({"ready": engine.note})
    for line in sys.stdin:
        order = json.loads(line)
        if "control" not in order:
            answer({"seconds": engine.run(order["reps"])})
            continue
        engine.run(1)                   # caches and clocks as in a run of calls
        before = measure(order["control"], order["bytes"])
        seconds = engine.run(order["reps"])
        after = measure(order["control"], order["bytes"])
        answer({"before": before, "seconds": seconds, "after": after})


main()
