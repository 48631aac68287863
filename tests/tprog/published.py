"""published.py TFXC FOLDER COUNT [SEED] - every Transformer Program (NAME.py with NAME_weights.csv) below FOLDER, run by Python and
compiled by TFXC, on COUNT random inputs each: half of them any tokens in any order, half shaped like the task (begin and end
marks where they belong). Needs numpy and pandas. Prints a line for each program; exit status 1 when a result differs."""
import contextlib, csv, importlib.util, io, json, os, random, subprocess, sys, tempfile

def vocabulary(folder, name):
    embeddings = os.path.join(folder, name + "_embeddings.csv")
    path = embeddings if os.path.exists(embeddings) else os.path.join(folder, name + "_weights.csv")
    rows = list(csv.reader(open(path, encoding="utf-8")))[1:]
    words = [r[0] for r in rows] if path == embeddings else [r[1] for r in rows if r[0] == "tokens"]
    missing = {"", "NA", "None", "null", "nan", "NULL", "NaN", "N/A", "n/a", "<NA>"}
    return [w for w in words if words.count(w) == 1 and w not in missing] if path != embeddings else [w for w in words if w not in missing]

def longest(folder, name):
    return sum(r[0] == "positions" for r in csv.reader(open(os.path.join(folder, name + "_weights.csv"), encoding="utf-8")))

def load(root, path):
    os.chdir(root)
    sys.path.insert(0, root)
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    with contextlib.redirect_stdout(io.StringIO()):
        spec.loader.exec_module(module)
    return module.run

def inputs(words, most, count, rng):
    plain = [w for w in words if not w.startswith("<")] or words
    for k in range(count):
        n = rng.randint(1, most)
        if k % 2:
            yield [rng.choice(words) for _ in range(n)]
            continue
        body = [rng.choice(plain) for _ in range(max(1, n - 2))]
        if "<s>" in words: body.insert(0, "<s>")
        if "</s>" in words: body.append("</s>")
        yield body[:most]

def compare(tfxc, root, path, count, seed):
    folder, name = os.path.dirname(path), os.path.basename(path)[:-3]
    rng = random.Random(seed)
    cases = list(inputs(vocabulary(folder, name), longest(folder, name), count, rng))
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as f:
        f.writelines(json.dumps(c) + "\n" for c in cases)
    out = subprocess.run([tfxc, "run", path, "--json", "--inputs=" + f.name], capture_output=True, text=True)
    os.unlink(f.name)
    got = out.stdout.splitlines()
    if out.returncode or len(got) != count:
        print(f"{name}: tfxc gives {len(got)} of {count} results: {out.stderr[:300]}")
        return 1
    run, bad = load(root, path), 0
    for case, line in zip(cases, got):
        want = run(case)
        want = str(want) if isinstance(want, str) else [str(w) for w in want]
        if json.loads(line) != want:
            if not bad: print(f"  {json.dumps(case)}\n    Python {want}\n    tfxc   {json.loads(line)}")
            bad += 1
    print(f"{os.path.relpath(path, root)}: {bad} of {count} differ", flush=True)
    return bad

def main():
    tfxc, root, count = sys.argv[1], os.path.abspath(sys.argv[2]), int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    paths = sorted(os.path.join(d, f) for d, _, files in os.walk(root) for f in files if f.endswith(".py") and f[:-3] + "_weights.csv" in files)
    sys.exit(1 if sum(compare(os.path.abspath(tfxc), root, p, count, seed) for p in paths) or not paths else 0)

main()
