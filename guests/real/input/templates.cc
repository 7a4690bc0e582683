// For a compiler to work on: templates of the standard library; what it prints depends on TURN alone.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#ifndef TURN
#define TURN 0
#endif

template <typename Key, typename Value> class Index {
public:
  void add(const Key &key, const Value &value) { entries[key].push_back(value); }
  template <typename Visit> void each(Visit visit) const {
    for (const auto &[key, values] : entries) visit(key, values);
  }

private:
  std::map<Key, std::vector<Value>> entries;
};

template <int N> struct Fibonacci { static constexpr unsigned long value = Fibonacci<N - 1>::value + Fibonacci<N - 2>::value; };
template <> struct Fibonacci<1> { static constexpr unsigned long value = 1; };
template <> struct Fibonacci<0> { static constexpr unsigned long value = TURN; };

int main() {
  Index<std::string, int> index;
  for (int i = 0; i < 1000; i++) index.add(std::to_string(i * 37 % 101), i + TURN);
  long total = 0;
  index.each([&](const std::string &key, const std::vector<int> &values) {
    total = total * 3 + static_cast<long>(key.size()) + *std::max_element(values.begin(), values.end());
    total %= 1000003;
  });
  std::printf("%ld %lu\n", total, Fibonacci<60>::value);
}
