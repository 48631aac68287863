from enum import Enum


class Emb0(Enum):
	V00 = ['0', 'x']
	V01 = ['1', 'x']
	V02 = ['2', 'x']

class Emb1(Enum):
	V00 = ['0', 'x']
