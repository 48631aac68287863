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
        elif q_position in {1, 6}:
            return k_position == 4
        elif q_position in {2}:
            return k_position == 3
        elif q_position in {3}:
            return k_position == 1
        elif q_position in {4, 5, 7}:
            return k_position == 2

    attn_0_0_pattern = select_closest(positions, positions, predicate_0_0)
    attn_0_0_outputs = aggregate(attn_0_0_pattern, tokens)
    attn_0_0_output_scores = classifier_weights.loc[
        [("attn_0_0_outputs", str(v)) for v in attn_0_0_outputs]
    ]

    # attn_0_1 ####
    def predicate_0_1(q_position, k_position):
        if q_position in {0}:
            return k_position == 1
        elif q_position in {1, 2}:
            return k_position == 3
        elif q_position in {3}:
            return k_position == 4
        elif q_position in {4}:
            return k_position == 5
        elif q_position in {5}:
            return k_position == 6
        elif q_position in {6, 7}:
            return k_position == 2

    attn_0_1_pattern = select_closest(positions, positions, predicate_0_1)
    attn_0_1_outputs = aggregate(attn_0_1_pattern, tokens)
    attn_0_1_output_scores = classifier_weights.loc[
        [("attn_0_1_outputs", str(v)) for v in attn_0_1_outputs]
    ]

    # attn_0_2 ####
    def predicate_0_2(q_position, k_position):
        if q_position in {0, 3, 7}:
            return k_position == 2
        elif q_position in {1, 6}:
            return k_position == 5
        elif q_position in {2}:
            return k_position == 1
        elif q_position in {4}:
            return k_position == 3
        elif q_position in {5}:
            return k_position == 4

    attn_0_2_pattern = select_closest(positions, positions, predicate_0_2)
    attn_0_2_outputs = aggregate(attn_0_2_pattern, tokens)
    attn_0_2_output_scores = classifier_weights.loc[
        [("attn_0_2_outputs", str(v)) for v in attn_0_2_outputs]
    ]

    # attn_0_3 ####
    def predicate_0_3(q_position, k_position):
        if q_position in {0, 1}:
            return k_position == 2
        elif q_position in {2}:
            return k_position == 4
        elif q_position in {3}:
            return k_position == 5
        elif q_position in {4}:
            return k_position == 6
        elif q_position in {5, 6}:
            return k_position == 1
        elif q_position in {7}:
            return k_position == 3

    attn_0_3_pattern = select_closest(positions, positions, predicate_0_3)
    attn_0_3_outputs = aggregate(attn_0_3_pattern, tokens)
    attn_0_3_output_scores = classifier_weights.loc[
        [("attn_0_3_outputs", str(v)) for v in attn_0_3_outputs]
    ]

    # mlp_0_0 ####
    def mlp_0_0(attn_0_1_output, position):
        key = (attn_0_1_output, position)
        if key in {
            ("4", 2), ("<pad>", 2), ("<s>", 2),
        }:
            return 0
        if key in {
            ("1", 2), ("2", 2), ("3", 2), ("</s>", 2),
        }:
            return 3
        if key in {
            ("0", 2), ("0", 3), ("1", 3), ("1", 7), ("2", 3), ("3", 3), ("4", 3), ("</s>", 3),
            ("<pad>", 3), ("<s>", 3),
        }:
            return 4
        if key in {
            ("0", 1), ("1", 1), ("2", 1), ("3", 1), ("4", 1), ("</s>", 1), ("<pad>", 1), ("<s>", 1),
        }:
            return 5
        if key in {
            ("1", 0), ("2", 0), ("3", 0),
        }:
            return 6
        return 7

    mlp_0_0_outputs = [
        mlp_0_0(k0, k1) for k0, k1 in zip(attn_0_1_outputs, positions)
    ]
    mlp_0_0_output_scores = classifier_weights.loc[
        [("mlp_0_0_outputs", str(v)) for v in mlp_0_0_outputs]
    ]

    # mlp_0_1 ####
    def mlp_0_1(position):
        key = position
        if key in {
            4,
        }:
            return 2
        if key in {
            5, 6, 7,
        }:
            return 4
        return 6

    mlp_0_1_outputs = [mlp_0_1(k0) for k0 in positions]
    mlp_0_1_output_scores = classifier_weights.loc[
        [("mlp_0_1_outputs", str(v)) for v in mlp_0_1_outputs]
    ]

    # attn_1_0 ####
    def predicate_1_0(attn_0_0_output, token):
        if attn_0_0_output in {"0", "1", "3"}:
            return token == "0"
        elif attn_0_0_output in {"2"}:
            return token == "<pad>"
        elif attn_0_0_output in {"4", "<s>"}:
            return token == "2"
        elif attn_0_0_output in {"</s>"}:
            return token == "1"
        elif attn_0_0_output in {"<pad>"}:
            return token == "4"

    attn_1_0_pattern = select_closest(tokens, attn_0_0_outputs, predicate_1_0)
    attn_1_0_outputs = aggregate(attn_1_0_pattern, attn_0_0_outputs)
    attn_1_0_output_scores = classifier_weights.loc[
        [("attn_1_0_outputs", str(v)) for v in attn_1_0_outputs]
    ]

    # attn_1_1 ####
    def predicate_1_1(q_position, k_position):
        if q_position in {0, 3}:
            return k_position == 6
        elif q_position in {1}:
            return k_position == 4
        elif q_position in {2}:
            return k_position == 5
        elif q_position in {4}:
            return k_position == 1
        elif q_position in {5, 6}:
            return k_position == 3
        elif q_position in {7}:
            return k_position == 2

    attn_1_1_pattern = select_closest(positions, positions, predicate_1_1)
    attn_1_1_outputs = aggregate(attn_1_1_pattern, tokens)
    attn_1_1_output_scores = classifier_weights.loc[
        [("attn_1_1_outputs", str(v)) for v in attn_1_1_outputs]
    ]

    # attn_1_2 ####
    def predicate_1_2(q_position, k_position):
        if q_position in {0}:
            return k_position == 2
        elif q_position in {1, 2, 5, 6}:
            return k_position == 4
        elif q_position in {3}:
            return k_position == 5
        elif q_position in {4}:
            return k_position == 0
        elif q_position in {7}:
            return k_position == 1

    attn_1_2_pattern = select_closest(positions, positions, predicate_1_2)
    attn_1_2_outputs = aggregate(attn_1_2_pattern, attn_0_3_outputs)
    attn_1_2_output_scores = classifier_weights.loc[
        [("attn_1_2_outputs", str(v)) for v in attn_1_2_outputs]
    ]

    # attn_1_3 ####
    def predicate_1_3(attn_0_3_output, token):
        if attn_0_3_output in {"0", "<pad>"}:
            return token == "0"
        elif attn_0_3_output in {"1"}:
            return token == "1"
        elif attn_0_3_output in {"2"}:
            return token == "2"
        elif attn_0_3_output in {"3", "</s>", "<s>"}:
            return token == "3"
        elif attn_0_3_output in {"4"}:
            return token == "4"

    attn_1_3_pattern = select_closest(tokens, attn_0_3_outputs, predicate_1_3)
    attn_1_3_outputs = aggregate(attn_1_3_pattern, tokens)
    attn_1_3_output_scores = classifier_weights.loc[
        [("attn_1_3_outputs", str(v)) for v in attn_1_3_outputs]
    ]

    # mlp_1_0 ####
    def mlp_1_0(attn_1_0_output, position):
        key = (attn_1_0_output, position)
        if key in {
            ("0", 6), ("1", 6), ("2", 6), ("3", 6), ("4", 6), ("</s>", 6), ("<pad>", 6), ("<s>", 6),
        }:
            return 1
        if key in {
            ("2", 1), ("3", 1), ("4", 1), ("</s>", 1), ("<pad>", 0), ("<pad>", 1), ("<s>", 0),
            ("<s>", 1),
        }:
            return 3
        if key in {
            ("1", 1),
        }:
            return 4
        return 7

    mlp_1_0_outputs = [
        mlp_1_0(k0, k1) for k0, k1 in zip(attn_1_0_outputs, positions)
    ]
    mlp_1_0_output_scores = classifier_weights.loc[
        [("mlp_1_0_outputs", str(v)) for v in mlp_1_0_outputs]
    ]

    # mlp_1_1 ####
    def mlp_1_1(attn_1_1_output, position):
        key = (attn_1_1_output, position)
        if key in {
            ("1", 4), ("2", 4), ("3", 4),
        }:
            return 1
        if key in {
            ("1", 3), ("2", 3), ("3", 3), ("4", 3), ("4", 4),
        }:
            return 2
        if key in {
            ("1", 2), ("2", 2), ("3", 2), ("4", 0), ("4", 1), ("4", 2),
        }:
            return 3
        if key in {
            ("0", 0), ("0", 1), ("0", 2), ("0", 3), ("0", 4), ("0", 5), ("0", 7), ("1", 0), ("1", 1),
            ("2", 0), ("2", 1), ("3", 0), ("3", 1),
        }:
            return 7
        return 6

    mlp_1_1_outputs = [
        mlp_1_1(k0, k1) for k0, k1 in zip(attn_1_1_outputs, positions)
    ]
    mlp_1_1_output_scores = classifier_weights.loc[
        [("mlp_1_1_outputs", str(v)) for v in mlp_1_1_outputs]
    ]

    # attn_2_0 ####
    def predicate_2_0(mlp_1_1_output, position):
        if mlp_1_1_output in {0, 1, 2}:
            return position == 2
        elif mlp_1_1_output in {3, 5, 7}:
            return position == 4
        elif mlp_1_1_output in {4}:
            return position == 6
        elif mlp_1_1_output in {6}:
            return position == 1

    attn_2_0_pattern = select_closest(positions, mlp_1_1_outputs, predicate_2_0)
    attn_2_0_outputs = aggregate(attn_2_0_pattern, attn_0_3_outputs)
    attn_2_0_output_scores = classifier_weights.loc[
        [("attn_2_0_outputs", str(v)) for v in attn_2_0_outputs]
    ]

    # attn_2_1 ####
    def predicate_2_1(mlp_0_0_output, token):
        if mlp_0_0_output in {0}:
            return token == "1"
        elif mlp_0_0_output in {1}:
            return token == "3"
        elif mlp_0_0_output in {2, 3, 4, 5, 6}:
            return token == "0"
        elif mlp_0_0_output in {7}:
            return token == "</s>"

    attn_2_1_pattern = select_closest(tokens, mlp_0_0_outputs, predicate_2_1)
    attn_2_1_outputs = aggregate(attn_2_1_pattern, attn_1_2_outputs)
    attn_2_1_output_scores = classifier_weights.loc[
        [("attn_2_1_outputs", str(v)) for v in attn_2_1_outputs]
    ]

    # attn_2_2 ####
    def predicate_2_2(position, token):
        if position in {0, 7}:
            return token == "<pad>"
        elif position in {1, 2, 3}:
            return token == "0"
        elif position in {4, 5, 6}:
            return token == "4"

    attn_2_2_pattern = select_closest(tokens, positions, predicate_2_2)
    attn_2_2_outputs = aggregate(attn_2_2_pattern, tokens)
    attn_2_2_output_scores = classifier_weights.loc[
        [("attn_2_2_outputs", str(v)) for v in attn_2_2_outputs]
    ]

    # attn_2_3 ####
    def predicate_2_3(mlp_1_1_output, mlp_1_0_output):
        if mlp_1_1_output in {0, 4}:
            return mlp_1_0_output == 5
        elif mlp_1_1_output in {1, 2, 5}:
            return mlp_1_0_output == 6
        elif mlp_1_1_output in {3, 6, 7}:
            return mlp_1_0_output == 4

    attn_2_3_pattern = select_closest(mlp_1_0_outputs, mlp_1_1_outputs, predicate_2_3)
    attn_2_3_outputs = aggregate(attn_2_3_pattern, attn_1_3_outputs)
    attn_2_3_output_scores = classifier_weights.loc[
        [("attn_2_3_outputs", str(v)) for v in attn_2_3_outputs]
    ]

    # mlp_2_0 ####
    def mlp_2_0(attn_2_3_output, attn_2_0_output):
        key = (attn_2_3_output, attn_2_0_output)
        if key in {
            ("0", "2"), ("1", "2"), ("2", "0"), ("2", "1"), ("2", "2"), ("2", "</s>"), ("2", "<s>"),
            ("3", "2"), ("</s>", "2"),
        }:
            return 0
        if key in {
            ("0", "</s>"), ("0", "<s>"), ("1", "</s>"), ("1", "<s>"), ("</s>", "</s>"),
        }:
            return 1
        if key in {
            ("<pad>", "</s>"),
        }:
            return 5
        if key in {
            ("2", "3"), ("2", "4"), ("2", "<pad>"), ("4", "2"), ("<pad>", "0"), ("<pad>", "1"),
            ("<pad>", "2"), ("<pad>", "3"), ("<pad>", "4"), ("<pad>", "<pad>"), ("<pad>", "<s>"),
            ("<s>", "2"),
        }:
            return 7
        return 3

    mlp_2_0_outputs = [
        mlp_2_0(k0, k1) for k0, k1 in zip(attn_2_3_outputs, attn_2_0_outputs)
    ]
    mlp_2_0_output_scores = classifier_weights.loc[
        [("mlp_2_0_outputs", str(v)) for v in mlp_2_0_outputs]
    ]

    # mlp_2_1 ####
    def mlp_2_1(position, attn_2_3_output):
        key = (position, attn_2_3_output)
        if key in {
            (0, "2"), (2, "1"), (2, "2"), (2, "3"), (2, "4"), (2, "<s>"),
        }:
            return 1
        if key in {
            (0, "1"), (1, "0"), (1, "1"),
        }:
            return 3
        if key in {
            (0, "3"), (0, "4"), (0, "</s>"), (0, "<s>"), (2, "</s>"), (3, "1"), (3, "2"), (3, "3"),
            (3, "4"), (3, "</s>"), (3, "<s>"), (4, "1"), (4, "2"), (4, "3"), (4, "4"), (4, "</s>"),
            (4, "<s>"), (7, "1"),
        }:
            return 4
        if key in {
            (1, "2"), (1, "3"), (1, "4"), (1, "</s>"), (1, "<pad>"), (1, "<s>"),
        }:
            return 5
        if key in {
            (0, "0"), (2, "0"), (3, "0"), (4, "0"), (5, "0"), (7, "0"),
        }:
            return 7
        return 6

    mlp_2_1_outputs = [
        mlp_2_1(k0, k1) for k0, k1 in zip(positions, attn_2_3_outputs)
    ]
    mlp_2_1_output_scores = classifier_weights.loc[
        [("mlp_2_1_outputs", str(v)) for v in mlp_2_1_outputs]
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
                attn_2_0_output_scores,
                attn_2_1_output_scores,
                attn_2_2_output_scores,
                attn_2_3_output_scores,
                mlp_2_0_output_scores,
                mlp_2_1_output_scores,
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
