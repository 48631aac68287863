import numpy as np
import pandas as pd


def select_closest(keys, queries, predicate):
    pattern = [[False for _ in keys] for _ in queries]
    for i, query in enumerate(queries):
        found = [j for j, key in enumerate(keys) if predicate(query, key)]
        nearest = 0
        if len(found) > 0:
            nearest = min(found, key=lambda j: abs(i - j) if j != i else len(found))
        pattern[i][nearest] = True
    return pattern


def aggregate(attention, values):
    return [[v for a, v in zip(row, values) if a][0] for row in attention]


def run(tokens):
    # classifier weights ####
    classifier_weights = pd.read_csv(
        "examples/transformer-program/sort_weights.csv",
        index_col=[0, 1],
        dtype={"feature": str},
    )
    # inputs ####
    token_scores = classifier_weights.loc[[("tokens", str(v)) for v in tokens]]

    positions = list(range(len(tokens)))
    position_scores = classifier_weights.loc[[("positions", str(v)) for v in positions]]

    # attn_0_0 ####
    def predicate_0_0(q_position, k_position):
        if q_position in {0}:
            return k_position == 6
        elif q_position in {1}:
            return k_position == 4
        elif q_position in {2, 3, 6, 7}:
            return k_position == 1
        elif q_position in {4}:
            return k_position == 2
        elif q_position in {5}:
            return k_position == 3

    attn_0_0_pattern = select_closest(positions, positions, predicate_0_0)
    attn_0_0_outputs = aggregate(attn_0_0_pattern, tokens)
    attn_0_0_output_scores = classifier_weights.loc[
        [("attn_0_0_outputs", str(v)) for v in attn_0_0_outputs]
    ]

    # attn_0_1 ####
    def predicate_0_1(position, token):
        if position in {0, 4, 5, 6}:
            return token == "4"
        elif position in {1, 2, 3}:
            return token == "0"
        elif position in {7}:
            return token == "1"

    attn_0_1_pattern = select_closest(tokens, positions, predicate_0_1)
    attn_0_1_outputs = aggregate(attn_0_1_pattern, tokens)
    attn_0_1_output_scores = classifier_weights.loc[
        [("attn_0_1_outputs", str(v)) for v in attn_0_1_outputs]
    ]

    # attn_0_2 ####
    def predicate_0_2(position, token):
        if position in {0}:
            return token == "0"
        elif position in {1, 2, 3, 4}:
            return token == "1"
        elif position in {5, 6}:
            return token == "3"
        elif position in {7}:
            return token == "2"

    attn_0_2_pattern = select_closest(tokens, positions, predicate_0_2)
    attn_0_2_outputs = aggregate(attn_0_2_pattern, tokens)
    attn_0_2_output_scores = classifier_weights.loc[
        [("attn_0_2_outputs", str(v)) for v in attn_0_2_outputs]
    ]

    # attn_0_3 ####
    def predicate_0_3(q_position, k_position):
        if q_position in {0, 4, 5}:
            return k_position == 6
        elif q_position in {1}:
            return k_position == 3
        elif q_position in {2}:
            return k_position == 4
        elif q_position in {3}:
            return k_position == 5
        elif q_position in {6, 7}:
            return k_position == 1

    attn_0_3_pattern = select_closest(positions, positions, predicate_0_3)
    attn_0_3_outputs = aggregate(attn_0_3_pattern, tokens)
    attn_0_3_output_scores = classifier_weights.loc[
        [("attn_0_3_outputs", str(v)) for v in attn_0_3_outputs]
    ]

    # mlp_0_0 ####
    def mlp_0_0(attn_0_1_output, position):
        key = (attn_0_1_output, position)
        if key in {
            ("0", 1),
        }:
            return 1
        if key in {
            ("0", 0), ("0", 2), ("0", 3), ("0", 4), ("0", 5), ("0", 7), ("2", 0), ("2", 2), ("2", 3),
            ("3", 0), ("3", 2), ("3", 3), ("4", 2), ("4", 3), ("</s>", 2), ("</s>", 3), ("<pad>", 2),
            ("<pad>", 3),
        }:
            return 4
        if key in {
            ("1", 0), ("1", 6), ("2", 6), ("3", 6), ("4", 6), ("<pad>", 0), ("<pad>", 6),
            ("<pad>", 7),
        }:
            return 5
        if key in {
            ("0", 6), ("1", 4), ("2", 4), ("3", 4), ("4", 0), ("4", 4), ("4", 5), ("4", 7),
            ("</s>", 0), ("</s>", 4), ("</s>", 6), ("<pad>", 4), ("<pad>", 5), ("<s>", 6),
        }:
            return 7
        return 3

    mlp_0_0_outputs = [
        mlp_0_0(k0, k1) for k0, k1 in zip(attn_0_1_outputs, positions)
    ]
    mlp_0_0_output_scores = classifier_weights.loc[
        [("mlp_0_0_outputs", str(v)) for v in mlp_0_0_outputs]
    ]

    # mlp_0_1 ####
    def mlp_0_1(position, attn_0_3_output):
        key = (position, attn_0_3_output)
        if key in {
            (0, "</s>"), (1, "</s>"), (2, "</s>"), (3, "</s>"), (3, "<pad>"), (7, "</s>"),
        }:
            return 0
        if key in {
            (0, "0"), (0, "1"), (0, "2"), (1, "0"), (1, "1"), (1, "2"), (2, "0"), (2, "1"), (2, "2"),
        }:
            return 1
        if key in {
            (0, "<s>"), (3, "<s>"),
        }:
            return 3
        if key in {
            (0, "3"), (0, "4"), (2, "3"), (2, "4"), (3, "0"), (3, "1"), (3, "2"), (3, "3"), (3, "4"),
        }:
            return 4
        if key in {
            (1, "3"), (1, "4"), (1, "<s>"),
        }:
            return 6
        return 2

    mlp_0_1_outputs = [
        mlp_0_1(k0, k1) for k0, k1 in zip(positions, attn_0_3_outputs)
    ]
    mlp_0_1_output_scores = classifier_weights.loc[
        [("mlp_0_1_outputs", str(v)) for v in mlp_0_1_outputs]
    ]

    # attn_1_0 ####
    def predicate_1_0(q_position, k_position):
        if q_position in {0}:
            return k_position == 6
        elif q_position in {1, 3}:
            return k_position == 2
        elif q_position in {2, 7}:
            return k_position == 5
        elif q_position in {4, 6}:
            return k_position == 3
        elif q_position in {5}:
            return k_position == 4

    attn_1_0_pattern = select_closest(positions, positions, predicate_1_0)
    attn_1_0_outputs = aggregate(attn_1_0_pattern, tokens)
    attn_1_0_output_scores = classifier_weights.loc[
        [("attn_1_0_outputs", str(v)) for v in attn_1_0_outputs]
    ]

    # attn_1_1 ####
    def predicate_1_1(position, token):
        if position in {0, 2, 3}:
            return token == "<pad>"
        elif position in {1, 7}:
            return token == "0"
        elif position in {4, 5}:
            return token == "</s>"
        elif position in {6}:
            return token == "2"

    attn_1_1_pattern = select_closest(tokens, positions, predicate_1_1)
    attn_1_1_outputs = aggregate(attn_1_1_pattern, attn_0_0_outputs)
    attn_1_1_output_scores = classifier_weights.loc[
        [("attn_1_1_outputs", str(v)) for v in attn_1_1_outputs]
    ]

    # attn_1_2 ####
    def predicate_1_2(q_position, k_position):
        if q_position in {0, 5}:
            return k_position == 2
        elif q_position in {1, 4, 7}:
            return k_position == 5
        elif q_position in {2}:
            return k_position == 3
        elif q_position in {3, 6}:
            return k_position == 4

    attn_1_2_pattern = select_closest(positions, positions, predicate_1_2)
    attn_1_2_outputs = aggregate(attn_1_2_pattern, tokens)
    attn_1_2_output_scores = classifier_weights.loc[
        [("attn_1_2_outputs", str(v)) for v in attn_1_2_outputs]
    ]

    # attn_1_3 ####
    def predicate_1_3(attn_0_3_output, position):
        if attn_0_3_output in {"0"}:
            return position == 4
        elif attn_0_3_output in {"1"}:
            return position == 3
        elif attn_0_3_output in {"2"}:
            return position == 0
        elif attn_0_3_output in {"3", "4", "<pad>", "<s>"}:
            return position == 5
        elif attn_0_3_output in {"</s>"}:
            return position == 6

    attn_1_3_pattern = select_closest(positions, attn_0_3_outputs, predicate_1_3)
    attn_1_3_outputs = aggregate(attn_1_3_pattern, attn_0_2_outputs)
    attn_1_3_output_scores = classifier_weights.loc[
        [("attn_1_3_outputs", str(v)) for v in attn_1_3_outputs]
    ]

    # mlp_1_0 ####
    def mlp_1_0(attn_1_2_output, position):
        key = (attn_1_2_output, position)
        if key in {
            ("0", 6), ("<pad>", 0), ("<pad>", 3), ("<pad>", 7), ("<s>", 6),
        }:
            return 0
        if key in {
            ("3", 3), ("3", 4), ("3", 5), ("3", 7), ("4", 0), ("4", 3), ("4", 4), ("4", 5), ("4", 7),
            ("</s>", 4), ("<s>", 4),
        }:
            return 1
        if key in {
            ("2", 1), ("2", 2), ("<pad>", 1), ("<pad>", 2),
        }:
            return 2
        if key in {
            ("1", 6), ("2", 6), ("3", 6), ("4", 6), ("</s>", 6), ("<pad>", 4), ("<pad>", 6),
        }:
            return 4
        if key in {
            ("2", 0), ("2", 3), ("2", 4), ("2", 5), ("2", 7),
        }:
            return 7
        return 3

    mlp_1_0_outputs = [
        mlp_1_0(k0, k1) for k0, k1 in zip(attn_1_2_outputs, positions)
    ]
    mlp_1_0_output_scores = classifier_weights.loc[
        [("mlp_1_0_outputs", str(v)) for v in mlp_1_0_outputs]
    ]

    # mlp_1_1 ####
    def mlp_1_1(position, attn_1_0_output):
        key = (position, attn_1_0_output)
        if key in {
            (1, "0"), (1, "1"),
        }:
            return 0
        if key in {
            (1, "2"), (1, "3"), (1, "4"), (1, "</s>"), (1, "<pad>"),
        }:
            return 3
        if key in {
            (0, "2"), (0, "3"), (2, "0"), (2, "1"), (2, "2"), (2, "3"), (2, "4"), (4, "0"), (4, "1"),
            (4, "2"), (4, "3"), (4, "4"), (4, "</s>"), (4, "<pad>"), (4, "<s>"), (7, "2"), (7, "3"),
        }:
            return 4
        if key in {
            (1, "<s>"),
        }:
            return 5
        if key in {
            (0, "0"), (0, "1"),
        }:
            return 6
        return 7

    mlp_1_1_outputs = [
        mlp_1_1(k0, k1) for k0, k1 in zip(positions, attn_1_0_outputs)
    ]
    mlp_1_1_output_scores = classifier_weights.loc[
        [("mlp_1_1_outputs", str(v)) for v in mlp_1_1_outputs]
    ]

    feature_logits = pd.concat(
        [
            df.reset_index()
            for df in [
                token_scores,
                position_scores,
                attn_0_0_output_scores,
                attn_0_1_output_scores,
                attn_0_2_output_scores,
                attn_0_3_output_scores,
                mlp_0_0_output_scores,
                mlp_0_1_output_scores,
                attn_1_0_output_scores,
                attn_1_1_output_scores,
                attn_1_2_output_scores,
                attn_1_3_output_scores,
                mlp_1_0_output_scores,
                mlp_1_1_output_scores,
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
