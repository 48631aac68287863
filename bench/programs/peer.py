"""peer.py rasp REFERENCE FILE ENTRY KIND N | learned FILE: runs per second of the reference interpreter of RASP, or of a learned program's
own Python (numpy, pandas), on one core."""
import contextlib, csv, importlib.util, io, os, random, sys, time

def rate(call, inputs):
    call(inputs[0])
    begin, runs = time.time(), 0
    while time.time() - begin < 2 or runs < 2:
        call(inputs[runs % len(inputs)])
        runs += 1
    return runs / (time.time() - begin)

def rasp(reference, path, entry, kind, n):
    path, rng = os.path.abspath(path), random.Random(5)
    make = {"0": lambda: rng.choice("abcdefgh"), "1": lambda: rng.randrange(1 << 20), "2": lambda: rng.choice("()")}[kind]
    os.chdir(reference)
    sys.path.insert(0, reference)
    from RASP_support.REPL import REPL
    with contextlib.redirect_stdout(io.StringIO()):
        repl = REPL()
        repl.show_sequence_examples = repl.show_selector_examples = False
        repl.run_given_line(f'load "{path[:-5]}";')
    x = repl.env.get_variable(entry)
    return rate(lambda t: x.call(t), [[make() for _ in range(n)] for _ in range(8)])

def learned(path, root):
    path, rng = os.path.abspath(path), random.Random(5)
    os.chdir(root)
    sys.path.insert(0, root)
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    with contextlib.redirect_stdout(io.StringIO()): spec.loader.exec_module(module)
    table = path[:-3] + ("_embeddings.csv" if os.path.exists(path[:-3] + "_embeddings.csv") else "_weights.csv")
    words = [row[1] if "weights" in table else row[0] for row in csv.reader(open(table, encoding="utf-8")) if row[0] == "tokens" or "embeddings" in table]
    words = [w for w in words if words.count(w) == 1 and w not in ("word", "NA", "None", "null", "nan")]
    return rate(module.run, [[rng.choice(words) for _ in range(8)] for _ in range(8)])

print(f"{rasp(sys.argv[2], *sys.argv[3:6], int(sys.argv[6])) if sys.argv[1] == 'rasp' else learned(*sys.argv[2:4]):.6g}")
