// For a compiler to work on: templates, and one of the standard library's; what it prints depends on TURN alone.
#include <cstdio>
#include <vector>

#ifndef TURN
#define TURN 0
#endif

template <typename Key, typename Value> class Index {
  struct Entry { Key key; std::vector<Value> values; };

public:
  void add(const Key &key, const Value &value) {
    for (unsigned i = 0; i < entries.size(); i++)
      if (entries[i].key == key) return entries[i].values.push_back(value);
    Entry entry;
    entry.key = key;
    entry.values.push_back(value);
    entries.push_back(entry);
  }
  template <typename Visit> void each(Visit &visit) const {
    for (unsigned i = 0; i < entries.size(); i++) visit(entries[i].key, entries[i].values);
  }

private:
  std::vector<Entry> entries;
};

template <int N> struct Fibonacci { static const unsigned long value = Fibonacci<N - 1>::value + Fibonacci<N - 2>::value; };
template <> struct Fibonacci<1> { static const unsigned long value = 1; };
template <> struct Fibonacci<0> { static const unsigned long value = TURN; };

template <typename Value> Value most(const std::vector<Value> &values) {
  Value found = values.front();
  for (unsigned i = 1; i < values.size(); i++) if (found < values[i]) found = values[i];
  return found;
}

template <typename Key, typename Value> struct Total {
  long sum;
  Total() : sum(0) {}
  void operator()(const Key &key, const std::vector<Value> &values) { sum = (sum * 3 + key + most(values)) % 1000003; }
};

template <typename Key> long measure() {
  Index<Key, int> index;
  for (int i = 0; i < 1000; i++) index.add(Key(i * 37 % 101), i + TURN);
  Total<Key, int> total;
  index.each(total);
  return total.sum;
}

int main() {
  std::printf("%ld %lu\n", measure<int>(), Fibonacci<60>::value);
}
