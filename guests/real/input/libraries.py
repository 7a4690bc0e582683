import collections, hashlib, json, re, sys, zlib


class Tree:
    def __init__(self, value):
        self.value, self.left, self.right = value, None, None

    def add(self, value):
        side = 'left' if value < self.value else 'right'
        below = getattr(self, side)
        if below is None:
            setattr(self, side, Tree(value))
        else:
            below.add(value)

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right:
            yield from self.right


def numbers(seed):
    while True:
        seed = (seed * 1103515245 + 12345) % 2**31
        yield seed >> 8


def round_of(n):
    source = numbers(n)
    records = [{'id': i, 'name': f'record {i:05d}', 'values': [next(source) / 256 for _ in range(5)]} for i in range(400)]
    text = json.dumps(records)
    again = json.loads(text)
    words = re.findall(r'\b(\d+)\.(\d{2})', text)
    counts = collections.Counter(whole[:2] for whole, _ in words)
    packed = zlib.compress(text.encode(), 6)
    tree = Tree(next(source))
    for _ in range(1500):
        tree.add(next(source))
    ordered = sorted(again, key=lambda record: record['values'][0])
    print(len(words), counts.most_common(2), len(packed), zlib.decompress(packed).decode() == text, ordered[0]['id'], sum(1 for _ in tree))
    print(hashlib.sha256(text.encode()).hexdigest(), hashlib.md5(re.sub(r'[aeiou]', '', text).encode()).hexdigest())


for n in range(int(sys.argv[1])):
    round_of(n + 1)
