"""Random RASP programs and what they give, by an evaluator that is as simple as it can be: sequences are Python lists,
selectors are matrices, every operator is Python's own on each element.

oracle.py SEED COUNT FOLDER writes FOLDER/N.rasp (the s-op x), N.inputs (one JSON input a line) and N.wanted (one JSON list
a line). A program that fails on one of its inputs, or has integers of more than 31 bits on the way, is drawn again."""
import json
import random
import sys


class Fail(Exception):
    pass


def mean(values, selected, default):
    """0 selected: the default; 1: that value; more: the sum from left to right, divided once."""
    if not selected:
        return default
    if len(selected) == 1:
        return values[selected[0]]
    if any(isinstance(v, (str, bool)) for v in values):
        raise Fail
    total = 0
    for j in selected:
        total = total + values[j]
    return total * 1.0 / len(selected)


def one_kind(values):
    kinds = {str if isinstance(v, str) else bool if isinstance(v, bool) else int for v in values}
    if len(kinds) > 1:
        raise Fail
    if any(isinstance(v, int) and abs(v) >= 2**31 for v in values):
        raise Fail
    return values


COMPARE = {'==': lambda a, b: a == b, '!=': lambda a, b: a != b, '<': lambda a, b: a < b, '<=': lambda a, b: a <= b,
           '>': lambda a, b: a > b, '>=': lambda a, b: a >= b}
ARITH = {'+': lambda a, b: a + b, '-': lambda a, b: a - b, '*': lambda a, b: a * b, '/': lambda a, b: a / b, '%': lambda a, b: a % b}


def whole(tokens, node):
    """The sequence that a node stands for."""
    op, n = node[0], len(tokens)
    if op == 'atom':
        return [node[1]] * n
    if op == 'indices':
        return list(range(n))
    if op == 'length':
        return [n] * n
    if op == 'tokens':
        return list(tokens)
    if op in ('arith', 'compare'):
        a, b = whole(tokens, node[2]), whole(tokens, node[3])
        f = (ARITH if op == 'arith' else COMPARE)[node[1]]
        return one_kind([f(x, y) for x, y in zip(a, b)])
    if op == 'logic':
        a, b = whole(tokens, node[2]), whole(tokens, node[3])
        return [bool(x) and bool(y) if node[1] == 'and' else bool(x) or bool(y) for x, y in zip(a, b)]
    if op == 'not':
        return [not x for x in whole(tokens, node[1])]
    if op == 'indicator':
        return [1 if x else 0 for x in whole(tokens, node[1])]
    if op == 'round':
        return [round(x) for x in whole(tokens, node[1])]
    if op == 'choice':
        c, a, b = (whole(tokens, k) for k in node[1:4])
        return one_kind([y if x else z for x, y, z in zip(c, a, b)])
    if op == 'in':
        return [x in node[2] for x in whole(tokens, node[1])]
    if op == 'dict':
        return one_kind([node[2][x] for x in whole(tokens, node[1])])
    if op == 'at':
        values = whole(tokens, node[1])
        inside = -n <= node[2] < n
        return one_kind([values[node[2]] if inside else 0] * n)
    rows = matrix(tokens, node[1])
    if op == 'width':
        return [sum(row) for row in rows]
    values = whole(tokens, node[2])
    return one_kind([mean(values, [j for j in range(n) if row[j]], node[3]) for row in rows])


def matrix(tokens, sel):
    n = len(tokens)
    if sel[0] == 'select':
        keys, queries = whole(tokens, sel[2]), whole(tokens, sel[3])
        return [[COMPARE[sel[1]](keys[j], queries[i]) for j in range(n)] for i in range(n)]
    a = matrix(tokens, sel[1])
    if sel[0] == 'not':
        return [[not x for x in row] for row in a]
    b = matrix(tokens, sel[2])
    return [[(x and y) if sel[0] == 'and' else (x or y) for x, y in zip(p, q)] for p, q in zip(a, b)]


def literal(v):
    return f'"{v}"' if isinstance(v, str) else str(v)


def text(node):
    op = node[0]
    if op in ('indices', 'length', 'tokens'):
        return op
    if op == 'atom':
        return literal(node[1]) if not isinstance(node[1], (int, float)) or node[1] >= 0 else f'({node[1]})'
    if op == 'compare' and node[1] == '!=':
        return f'(not ({text(node[2])} == {text(node[3])}))'          # != stands in select only
    if op in ('arith', 'compare', 'logic'):
        return f'({text(node[2])} {node[1]} {text(node[3])})'
    if op == 'not':
        return f'(not {text(node[1])})'
    if op in ('indicator', 'round'):
        return f'{op}({text(node[1])})'
    if op == 'choice':
        return f'({text(node[2])} if {text(node[1])} else {text(node[3])})'
    if op == 'in':
        return f'({text(node[1])} in [{", ".join(literal(v) for v in node[2])}])'
    if op == 'dict':
        return f'{{{", ".join(f"{literal(k)}: {literal(v)}" for k, v in node[2].items())}}}[{text(node[1])}]'
    if op == 'at':
        return f'{text(node[1])}[{node[2]}]'
    if op == 'width':
        return f'selector_width({sel_text(node[1])})'
    return f'aggregate({sel_text(node[1])}, {text(node[2])}, {literal(node[3])})'


def sel_text(sel):
    if sel[0] == 'select':
        return f'select({text(sel[2])}, {text(sel[3])}, {sel[1]})'
    if sel[0] == 'not':
        return f'(not {sel_text(sel[1])})'
    return f'({sel_text(sel[1])} {sel[0]} {sel_text(sel[2])})'


def usable(node):
    """Operators of sequences have one: constants are computed by other rules, and some operators refuse them."""
    kids = [k for k in node[1:] if isinstance(k, tuple)]
    if not all(usable(k) for k in kids):
        return False
    atoms = [k[0] == 'atom' for k in kids]
    if node[0] in ('arith', 'compare', 'logic'):
        return not all(atoms)
    if node[0] in ('not', 'indicator', 'round', 'in', 'dict', 'at', 'choice'):
        return not atoms[0]
    return node[0] != 'aggregate' or not atoms[1]


class Draw:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def sel(self, depth):
        r = self.r.random()
        if depth > 0 and r < 0.3:
            return (self.r.choice(['and', 'or']), self.sel(depth - 1), self.sel(depth - 1))
        if depth > 0 and r < 0.36:
            return ('not', self.sel(depth - 1))
        kind = self.r.choice(['int', 'int', 'str', 'bool'])
        op = self.r.choice(['==', '!=', '<', '<=', '>', '>=']) if kind == 'int' else self.r.choice(['==', '!='])
        return ('select', op, self.seq(kind, depth - 1), self.seq(kind, depth - 1))

    def seq(self, kind, depth):
        r, c = self.r.random(), self.r.choice
        if kind == 'str':
            if depth <= 0 or r < 0.4:
                return ('tokens',) if r < 0.8 or depth > 0 else ('atom', c('abc-'))
            if r < 0.6:
                return ('choice', self.seq('bool', depth - 1), self.seq('str', depth - 1), ('atom', c('abz')))
            if r < 0.7:
                return ('dict', ('arith', '%', self.seq('int', depth - 1), ('atom', 3)), {0: 'x', 1: 'y', 2: 'zz'})
            return ('aggregate', self.sel(depth - 1), self.seq('str', depth - 1), c('?-a'))
        if kind == 'bool':
            if depth <= 0 or r < 0.3:
                return ('compare', c(['==', '!=']), ('tokens',), ('atom', c('abc')))
            if r < 0.55:
                return ('compare', c(list(COMPARE)), self.seq('int', depth - 1), self.seq('int', depth - 1))
            if r < 0.7:
                return ('logic', c(['and', 'or']), self.seq('bool', depth - 1), self.seq('bool', depth - 1))
            if r < 0.8:
                return ('not', self.seq(c(['bool', 'int']), depth - 1))
            if r < 0.9:
                return ('in', self.seq(c(['str', 'int']), depth - 1), c([['a', 'b'], [0, 1, 5], ['c']]))
            return ('compare', c(['<', '<=', '>', '>=']), self.seq('num', depth - 1), self.seq('num', depth - 1))
        if kind == 'num':
            if depth <= 0 or r < 0.15:
                return ('arith', '/', self.seq('int', depth - 1), ('atom', c([2, 3, 4, 7])))
            if r < 0.6:
                return ('aggregate', self.sel(depth - 1), self.seq(c(['int', 'num']), depth - 1), c([0, 1, -1, 0.5]))
            if r < 0.75:
                return ('choice', self.seq('bool', depth - 1), self.seq('int', depth - 1), self.seq('num', depth - 1))
            return ('arith', c('+-*'), self.seq('num', depth - 1), self.seq(c(['int', 'num']), depth - 1))
        if depth <= 0 or r < 0.25:
            return c([('indices',), ('length',), ('atom', self.r.randint(-3, 9)), ('indices',)])
        if r < 0.45:
            return ('arith', c('+-*'), self.seq('int', depth - 1), self.seq('int', depth - 1))
        if r < 0.52:
            return ('arith', '%', self.seq('int', depth - 1), ('atom', c([2, 3, 5, -4])))
        if r < 0.6:
            return ('indicator', self.seq('bool', depth - 1))
        if r < 0.68:
            return ('choice', self.seq('bool', depth - 1), self.seq('int', depth - 1), self.seq('int', depth - 1))
        if r < 0.74:
            return ('round', self.seq('num', depth - 1))
        if r < 0.8:
            return ('at', self.seq('int', depth - 1), self.r.randint(-4, 4))
        return ('width', self.sel(depth - 1))


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    made = tried = 0
    while made < count:
        d = Draw(seed * 1000003 + tried)
        tried += 1
        node = d.seq(d.r.choice(['int', 'bool', 'str', 'num']), 4)
        if node[0] == 'atom' or not usable(node):
            continue
        inputs = ['hello'] + [''.join(d.r.choice('abc') for _ in range(d.r.randint(1, 9))) for _ in range(4)]
        try:
            wanted = [whole(t, node) for t in inputs]
        except (Fail, ZeroDivisionError, KeyError, TypeError, OverflowError):
            continue
        with open(f'{folder}/{made}.rasp', 'w') as f:
            f.write(f'x = {text(node)};\n')
        with open(f'{folder}/{made}.inputs', 'w') as f:
            f.writelines(json.dumps(t) + '\n' for t in inputs)
        with open(f'{folder}/{made}.wanted', 'w') as f:
            f.writelines(json.dumps([0.0 if isinstance(v, float) and v == 0 else v for v in w]) + '\n' for w in wanted)   # -0.0 is 0.0
        made += 1


main()
