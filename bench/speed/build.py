"""build.py - ours: runs tfxc on a case, writes the case.h that driver.c wants, and compiles both into a shared library. Takes the options
that this tfxc has (--target, --threads) from its help text, so an older one is measured as it is. Gives the paths, or an Error."""
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SRCDIR = pathlib.Path(os.environ.get("SRCDIR", HERE.parent.parent))
BUILDDIR = pathlib.Path(os.environ.get("BUILDDIR", SRCDIR))
TFXC = os.environ.get("TFXC", str(BUILDDIR / "tfxc"))
CC = os.environ.get("CC", "gcc")


class Error(Exception):
    pass


def command(words, **more):
    done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        raise Error(f"{shlex.join(map(str, words))}: {done.stdout.strip()[-800:]}")
    return done.stdout


def abilities():
    text = command([TFXC, "--help"])
    return {"target": "--target=" in text, "threads": "--threads=" in text}


def fresh(folder):
    """Forgets what an earlier run emitted: tfxc may have changed. Graphs and files of the peers stay."""
    shutil.rmtree(folder / "emitted", ignore_errors=True)


def control(folder):
    """The library of control.c."""
    path = folder / "control.so"
    command([CC, "-std=gnu11", "-O2", "-march=native", "-ffp-contract=fast", "-pthread", "-shared", "-fPIC", "-o", path, HERE / "control.c"])
    return path


def hand(folder):
    """The encoder of bench/encoder written by hand, at the level where it is fastest."""
    path = folder / "hand.so"
    command([CC, "-std=gnu11", "-O3", "-march=native", "-shared", "-fPIC", f"-I{SRCDIR}", "-o", path, SRCDIR / "bench/encoder/hand.c", "-lm"])
    return path


def prototypes(header):
    """{entry: [parameter names]} of the emitted header."""
    found = {}
    for name, args in re.findall(r"^m_status m_(\w+)\(m_work \*work,?([^;]*)\);", header, re.M):
        found[name] = ["work"] + [re.search(r"(\w+)$", a.strip()).group(1) for a in args.split(",") if a.strip()]
    return found


def case_header(case, header, entry):
    """case.h: see driver.c."""
    entries = prototypes(header)
    if entry not in entries:
        raise Error(f"the header has no m_{entry}")
    number = dict(re.findall(r"^#define M_(\w+) (\d+)", header, re.M))
    inputs = [p for p in entries[entry] if p.startswith("in_")]
    names = {p: f"in[{i}]" for i, p in enumerate(inputs)} | {"in_tok": "tok"}
    lines = ["#define CALL m_%s(%s)" % (entry, ", ".join(names.get(p, p) for p in entries[entry])),
             f"#define OUT {number[entry.upper() + '_OUT_OUT']}"]
    if case.kind in ("decode", "prefill"):
        back = ", ".join("n" if p == "in_to" else p for p in entries["rewind"])
        lines += [f"#define TOKENS {case.sizes['M']}", f"#define VOCAB {case.sizes['V']}", f"#define REWIND(n) m_rewind({back})"]
    else:
        lines += ["#define SIZES " + " ".join(number[f"{entry.upper()}_{p.upper()}"] + "," for p in inputs)]
    has = {"BLOB": "m_bind" in header, "STATE": "m_reset" in header, "THREADS": "threads" in entries[entry]}
    return "\n".join(lines + [f"#define HAS_{k} {int(v)}" for k, v in has.items()]) + "\n"


def ours(case, threads, folder, weights=None):
    """(library, blob or None, the commands) of a case. A program for one thread is compiled without --threads. The weights file of a case is
    compiled once for each set of sizes: decode and prefill share it."""
    able = abilities()
    if threads > 1 and not able["threads"]:
        raise Error("this tfxc has no --threads")
    options = [f"-D{k}={v}" for k, v in case.sizes.items()]
    options += ["--target=native"] if able["target"] else []
    options += [f"--threads={threads}"] if threads > 1 else []
    options += [f"--weights-from={weights}"] if weights else ["--random-weights"]
    options += shlex.split(os.environ.get("TFXC_OPTIONS", ""))
    model = HERE / "models" / f"{case.model}.tfx"
    where = folder / "emitted" / f"{case.model}-{hashlib.sha256(' '.join(options).encode()).hexdigest()[:8]}"
    where.mkdir(parents=True, exist_ok=True)
    emitted = [TFXC, model, *options, "--name=m", "--weights=blob", "-o", where / "m.c"]
    if not (where / "m.c").exists():
        command(emitted)
    (where / "case.h").write_text(case_header(case, (where / "m.h").read_text(), "step" if case.kind in ("decode", "prefill") else "run"))
    # Without a target the emitted C is plain loops, which gcc turns into vectors at -O3 only.
    flags = shlex.split(os.environ.get("BENCH_CFLAGS", "-O2 -march=native" if able["target"] else "-O3 -march=native"))
    flags += ["-DM_PTHREADS", "-pthread"] if threads > 1 else []
    library = where / f"{case.name}.so"
    compiled = [CC, "-std=gnu11", *flags, "-shared", "-fPIC", f"-I{where}", "-o", library, HERE / "driver.c", where / "m.c"]
    command(compiled)
    blob = where / "m.bin"
    return library, blob if blob.exists() else None, [shlex.join(map(str, c)) for c in (emitted, compiled)]
