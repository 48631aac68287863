"""reference.py REFERENCE PROGRAMS - random programs (those of oracle.py: PROGRAMS/N.rasp, N.inputs, N.wanted) by the reference
interpreter of RASP, whose folder is REFERENCE, with its antlr4 runtime (4.9.1) and termcolor on PYTHONPATH. Prints what differs from
N.wanted; values and kinds must be the same. Exit status 1 when something does."""
import contextlib, io, json, os, sys

def kinds(values): return [(type(v).__name__, v) for v in values]

def main():
    reference, programs = sys.argv[1], os.path.abspath(sys.argv[2])
    os.chdir(reference)
    sys.path.insert(0, reference)
    from RASP_support.REPL import REPL
    with contextlib.redirect_stdout(io.StringIO()): repl = REPL()
    repl.show_sequence_examples = repl.show_selector_examples = False
    tried = bad = stopped = 0
    while os.path.exists(f"{programs}/{tried}.rasp"):
        base, said = f"{programs}/{tried}", io.StringIO()
        tried += 1
        try:
            with contextlib.redirect_stdout(said):
                for line in open(base + ".rasp").read().splitlines(): repl.run_given_line(line)
        except AttributeError:                  # a dictionary of literals that an expression indexes stops the interpreter itself
            stopped += 1
            continue
        for line, wanted in zip(open(base + ".inputs"), open(base + ".wanted")):
            tokens, wanted = json.loads(line), json.loads(wanted)
            try:
                with contextlib.redirect_stdout(said): got = list(repl.env.get_variable("x").call(tokens)._vals)
            except Exception as e: got = [f"{type(e).__name__}: {e}", said.getvalue()]
            if kinds(got) != kinds(wanted):
                bad += 1
                print(f"{base}.rasp on {line.strip()}: the reference gives {got}, wanted {wanted}")
                break
    print(f"{tried} programs, {bad} differ, {stopped} stop the reference")
    sys.exit(bad > 0)

main()
