"""bench.py [OPTIONS] [CASE..] - measures what tfxc emits beside its peers: see README.md. Called by `run` with the Python of peers.sh.
Prints a line a case and number of threads, and writes results.json, results.svg and the table of README.md.

Engines of a case live in processes of their own, stopped by a signal while another one measures, and take turns sample by sample. A sample is a
control, the engine, a control (worker.py). It is dropped when the controls differ by more than 5% (memory: 15%), or the lower one is below
95% (memory: 85%) of the best of this kind; what is reported are medians of the others."""
import argparse
import json
import os
import pathlib
import select
import signal
import statistics
import subprocess
import sys
import time

import build
import cases
import report

HERE = pathlib.Path(__file__).resolve().parent
APART = {"compute": 0.05, "memory": 0.15}
BELOW = {"compute": 0.95, "memory": 0.85}


class Worker:
    """An engine's process: stopped, except while it is asked."""

    def __init__(self, spec, log):
        self.name, self.samples, self.accepted = spec["engine"], [], []
        self.process = subprocess.Popen([sys.executable, HERE / "worker.py", json.dumps(spec)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        first = self.hear(spec["patience"])
        self.skip, self.note = first.get("skip"), first.get("ready", "")
        if self.skip is None:
            self.pause()

    def pause(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)

    def hear(self, patience):
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if ready else ""
        return json.loads(line) if line else {"skip": "no answer in time" if not ready else "the process ended"}

    def ask(self, patience=300, **order):
        if self.skip is not None:
            return None
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            heard = self.hear(patience)
        except BrokenPipeError:
            heard = {"skip": "the process ended"}
        self.skip = heard.get("skip")
        self.pause()
        return None if self.skip else heard

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def control_bytes(case):
    """What the memory control reads: another buffer as large as the weights of a token."""
    return int(case.work) if case.limit == "memory" else 0


best_compute = {}       # of this run, by number of threads


def accept(case, threads, workers):
    """Sorts the samples of all workers by the rules above."""
    lows = [min(s["before"], s["after"]) for w in workers for s in w.samples]
    if not lows:
        return
    best = max(lows)
    if case.limit == "compute":
        best = best_compute[threads] = max(best, best_compute.get(threads, 0))
    for w in workers:
        w.accepted = [s for s in w.samples if abs(s["before"] - s["after"]) <= APART[case.limit] * max(s["before"], s["after"])
                      and min(s["before"], s["after"]) >= BELOW[case.limit] * best]


def measure(case, threads, cpus, options, folder, log):
    """The row of one case and number of threads."""
    workers = []
    try:
        for name in options.engines:
            spec = dict(engine=name, case=case.name, dtype=case.dtype, threads=threads, cpus=cpus, folder=str(folder), control=str(folder / "control.so"),
                        patience=900)
            workers.append(Worker(spec, log))
        for w in workers:
            if w.skip:
                options.skipped.setdefault((w.name, w.skip), f"{case.name} {case.dtype} T={threads}")
        live = [w for w in workers if w.skip is None]
        for w in live:
            once = w.ask(reps=1)
            if once and once["seconds"] < options.seconds / 4:      # a better guess
                once = {"seconds": w.ask(reps=max(1, int(options.seconds / 4 / max(once["seconds"], 1e-7))))["seconds"] /
                        max(1, int(options.seconds / 4 / max(once["seconds"], 1e-7)))}
            w.once = once["seconds"] if once else 1
            w.reps = max(1, round(options.seconds / w.once))
        for turn in range(3 * options.samples):
            wanting = [w for w in live if w.skip is None and len(w.accepted) < options.samples]
            if not wanting:
                break
            # Everybody takes part as long as anybody wants: the figures are of the same minutes. A slow engine gets few turns.
            for w in live:
                if w.skip is None and not (w.once > 2 and len(w.samples) >= max(3, options.samples // 3)):
                    took = min(max(w.reps * w.once, 0.02), 1.0)
                    sample = w.ask(reps=w.reps, control=took, bytes=control_bytes(case))
                    if sample:
                        w.samples.append(sample | {"each": sample["seconds"] / w.reps})
            accept(case, threads, live)
        return row(case, threads, workers, options)
    finally:
        for w in workers:
            w.end()


def row(case, threads, workers, options):
    middle = lambda values: statistics.median(values) if values else None
    seconds = {w.name: middle([s["each"] for s in w.accepted]) for w in workers}
    share = {w.name: middle([case.rate(s["each"]) / ((s["before"] + s["after"]) / 2) for s in w.accepted]) for w in workers}
    limits = [(s["before"] + s["after"]) / 2 for w in workers for s in w.accepted]
    peers = {n: t for n, t in seconds.items() if n != "tfxc" and t}
    mine, best = seconds.get("tfxc"), min(peers.values(), default=None)
    ours = next((w for w in workers if w.name == "tfxc"), None)
    rounded = lambda x: None if x is None else float(f"{x:.4g}")
    return {
        "case": case.name, "dtype": case.dtype, "threads": threads, "ours": rounded(mine and case.figure(mine)), "unit": case.unit,
        "peers": {n: rounded(case.figure(t)) for n, t in peers.items()},
        "limit": rounded(middle(limits)), "limit_unit": "B/s" if case.limit == "memory" else "FLOP/s",
        "ratio_to_best_peer": rounded(mine and best and best / mine), "ratio_to_limit": rounded(share.get("tfxc")),
        "samples": len(ours.accepted) if ours else 0, "dropped": len(ours.samples) - len(ours.accepted) if ours else 0,
        "range": [rounded(case.figure(f([s["each"] for s in ours.accepted]))) for f in (min, max)] if ours and ours.accepted else None,
        "peers_to_limit": {n: rounded(share[n]) for n in peers},
        "peers_samples": {w.name: [len(w.accepted), len(w.samples) - len(w.accepted)] for w in workers if w.name != "tfxc" and not w.skip},
        "notes": {w.name: w.note for w in workers if not w.skip and w.note}, "date": time.strftime("%Y-%m-%d"), "quick": options.quick, "machine": report.machine(),
    }


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", description="Speed of emitted C beside its peers; see README.md. CASE is a name or its beginning.")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--quick", action="store_true", help="few and short samples")
    parser.add_argument("--threads", default="1,2", help="numbers of threads, with commas between (default 1,2)")
    parser.add_argument("--engines", default="", help="only these, with commas between (tfxc,onnxruntime,torch,torch.compile,llama.cpp,hand-written)")
    parser.add_argument("--samples", type=int, help="accepted samples that are wanted of each engine (default 9, quick 3)")
    parser.add_argument("--seconds", type=float, help="length of a sample (default 0.2, quick 0.08)")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent, help="folder of results.json, results.svg and README.md (default: bench)")
    parser.add_argument("--work", type=pathlib.Path, default=None, help="folder for emitted C, graphs and weights (default: `work` beside the peers)")
    parser.add_argument("--list", action="store_true", help="only the names of the cases")
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw results.json again")
    options = parser.parse_args()
    options.samples = options.samples or (3 if options.quick else 9)
    options.seconds = options.seconds or (0.08 if options.quick else 0.2)
    options.skipped = {}
    return options


def main():
    import engines
    options = arguments()
    options.engines = options.engines.split(",") if options.engines else list(engines.ENGINES)
    if options.list:
        return print("\n".join(f"{c.name}:{c.dtype}" for c in cases.CASES))
    if options.draw:
        return report.write(options.out, report.load(options.out), "bench/run --draw")
    chosen = cases.choose(options.cases)
    folder = options.work or pathlib.Path(sys.prefix if sys.prefix != sys.base_prefix else pathlib.Path.home() / ".cache/tfxc-peers") / "work"
    folder.mkdir(parents=True, exist_ok=True)
    build.control(folder)
    build.fresh(folder)
    available = sorted(os.sched_getaffinity(0))
    words = "bench/run " + " ".join(sys.argv[1:])
    print(report.HEAD)
    with open(folder / "log.txt", "w") as log:
        for case in chosen:
            for threads in map(int, options.threads.split(",")):
                if threads > len(available):
                    print(f"{case.name}: {threads} threads left out, this machine gives {len(available)} processors")
                    continue
                got = measure(case, threads, available[-threads:], options, folder, log)
                print(report.line(got), flush=True)
                report.merge(options.out, got)
    report.write(options.out, report.load(options.out), words.strip())
    for (name, why), where in options.skipped.items():
        print(f"skipped: {name}: {why.splitlines()[0][:200]} (first at {where})")
    print(f"messages of all engines: {folder / 'log.txt'}")


main()
