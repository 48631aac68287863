import numpy as np
import pandas as pd


def select_closest(keys, queries, predicate):
    rows = [[False] for _ in queries]
    for i, query in enumerate(queries):
        found = [j for j, key in enumerate(keys[: i + 1]) if predicate(query, key)]
        row = [False for _ in keys]
        if any(found):
            row[min(found, key=lambda j: abs(i - j) if j != i else len(found))] = True
        else:
            row[0] = True
        rows[i] = row
    return rows


def select(keys, queries, predicate):
    return [[predicate(q, k) for k in keys[: i + 1]] for i, q in enumerate(queries)]


def aggregate(attention, values):
    return [[v for a, v in zip(row, values) if a][0] for row in attention]


def aggregate_sum(attention, values):
    return [sum([v for a, v in zip(row, values) if a]) for row in attention]


def run(tokens):
    classifier_weights = pd.read_csv(
        "tests/seq_weights.csv", index_col=[0, 1], dtype={"feature": str}
    )
    token_scores = classifier_weights.loc[
        [("tokens", str(v)) for v in tokens]
    ]

    positions = list(range(len(tokens)))
    position_scores = classifier_weights.loc[
        [("positions", str(v)) for v in positions]
    ]

    ones = [1 for _ in range(len(tokens))]
    one_scores = classifier_weights.loc[[("ones", "_") for v in ones]].mul(
        ones, axis=0
    )

    # attn_0_0 ####
    def predicate_0_0(position, token):
        if position in {0, 1}:
            return token == "1"
        elif position in {2}:
            return token == "2"
    attn_0_0_pattern = select_closest(tokens, positions, predicate_0_0)
    attn_0_0_outputs = aggregate(attn_0_0_pattern, positions)
    attn_0_0_output_scores = classifier_weights.loc[
        [("attn_0_0_outputs", str(v)) for v in attn_0_0_outputs]
    ]

    # attn_0_1 ####
    def predicate_0_1(q_position, k_position):
        if q_position in {1, 2}:
            return k_position == 0
    attn_0_1_pattern = select_closest(positions, positions, predicate_0_1)
    attn_0_1_outputs = aggregate(attn_0_1_pattern, tokens)
    attn_0_1_output_scores = classifier_weights.loc[
        [("attn_0_1_outputs", str(v)) for v in attn_0_1_outputs]
    ]

    # num_attn_0_0 ####
    def num_predicate_0_0(attn_0_0_output, attn_0_1_output):
        if attn_0_0_output in {0}:
            return attn_0_1_output == "1"
        elif attn_0_0_output in {1}:
            return attn_0_1_output == "0"
        elif attn_0_0_output in {2}:
            return attn_0_1_output == "<pad>"
    num_attn_0_0_pattern = select(attn_0_1_outputs, attn_0_0_outputs, num_predicate_0_0)
    num_attn_0_0_outputs = aggregate_sum(num_attn_0_0_pattern, ones)
    num_attn_0_0_output_scores = classifier_weights.loc[[("num_attn_0_0_outputs", "_") for v in num_attn_0_0_outputs]].mul(
        num_attn_0_0_outputs, axis=0
    )

    # mlp_0_0 ####
    def mlp_0_0(attn_0_0_output, attn_0_1_output):
        key = (attn_0_0_output, attn_0_1_output)
        return 0

    mlp_0_0_outputs = [
        mlp_0_0(k0, k1) for k0, k1 in zip(attn_0_0_outputs, attn_0_1_outputs)
    ]
    mlp_0_0_output_scores = classifier_weights.loc[
        [("mlp_0_0_outputs", str(v)) for v in mlp_0_0_outputs]
    ]

    # num_mlp_0_0 ####
    def num_mlp_0_0(one):
        key = one
        if key in {
            2,
        }:
            return 0
        return 3

    num_mlp_0_0_outputs = [num_mlp_0_0(k0) for k0 in ones]
    num_mlp_0_0_output_scores = classifier_weights.loc[
        [("num_mlp_0_0_outputs", str(v)) for v in num_mlp_0_0_outputs]
    ]

    feature_logits = pd.concat(
        [
            df.reset_index()
            for df in [
                token_scores,
                position_scores,
                one_scores,
                attn_0_0_output_scores,
                attn_0_1_output_scores,
                num_attn_0_0_output_scores,
                mlp_0_0_output_scores,
                num_mlp_0_0_output_scores,
            ]
        ]
    )
    logits = feature_logits.groupby(level=0).sum(numeric_only=True).to_numpy()
    classes = classifier_weights.columns.to_numpy()
    predictions = classes[logits.argmax(-1)]
    if tokens[0] == "<s>":
        predictions[0] = "<s>"
    if tokens[-1] == "</s>":
        predictions[-1] = "</s>"
    return predictions.tolist()


examples = [
    (["<s>"], ["A"]),
]
for x, y in examples:
    print(f"x: {x}")
