/*
 * A target for a fuzzer: a reader of small messages, with a mistake. A message is "GU", a count, and so many fields: a kind, a length, and that many bytes;
 * then two bytes that nobody looks at. Kinds: 'N' a name; 'S' a series of samples; 'R' a sample is replaced: its row (of 64 KiB) and its column.
 * The mistake: a row that is too large is refused, one below zero is not.
 */
#include <stdint.h>

enum { LIMIT = 256, SAMPLES = 32, NAME = 16, ROW = 16384 };

uint8_t input[LIMIT];
uint32_t input_length;

struct reader { const uint8_t *at, *end; };

static char name[NAME];
static int32_t samples[SAMPLES];
static int sample_count;
volatile uint32_t result;

static int byte(struct reader *r) { return r->at < r->end ? *r->at++ : -1; }

/* Fletcher's. */
static uint16_t checksum(const uint8_t *bytes, uint32_t length) {
  uint32_t a = 1, b = 0;
  for (uint32_t i = 0; i < length; i++) {
    a = (a + bytes[i]) % 255;
    b = (b + a) % 255;
  }
  return (uint16_t)(b << 8 | a);
}

static int read_name(struct reader *r, int length) {
  if (length >= NAME) return -1;
  for (int i = 0; i < length; i++) name[i] = (char)byte(r);
  name[length] = 0;
  return 0;
}

static int read_series(struct reader *r, int length) {
  if (length > SAMPLES) return -1;
  sample_count = length;
  for (int i = 0; i < length; i++) samples[i] = byte(r) << 4;
  return 0;
}

static int replace(struct reader *r, int length) {
  if (length != 3 || sample_count == 0) return -1;
  int row = (int8_t)byte(r), column = byte(r), value = byte(r);
  if (row > 0 || column >= sample_count) return -1;
  samples[(int64_t)row * ROW + column] = value;
  return 0;
}

static uint32_t smooth(void) {
  uint32_t sum = 0;
  for (int round = 0; round < 4; round++)
    for (int i = 1; i + 1 < sample_count; i++) {
      samples[i] = (samples[i - 1] + 2 * samples[i] + samples[i + 1]) / 4;
      sum = sum * 31 + (uint32_t)samples[i];
    }
  return sum;
}

__attribute__((noinline)) int handle(const uint8_t *bytes, uint32_t length) {
  struct reader r = {bytes, bytes + length};
  if (length < 5 || byte(&r) != 'G' || byte(&r) != 'U') return -1;
  r.end -= 2;
  for (int fields = byte(&r); fields > 0; fields--) {
    int kind = byte(&r), size = byte(&r);
    if (size < 0 || size > r.end - r.at) return -2;
    int status = kind == 'N' ? read_name(&r, size) : kind == 'S' ? read_series(&r, size) : kind == 'R' ? replace(&r, size) : -1;
    if (status < 0) return -3;
  }
  result = smooth() ^ checksum(bytes, length - 2);
  return 0;
}

__attribute__((noinline)) void handled(int status) { result = (uint32_t)status; }

__attribute__((noreturn)) void main(void) {
  for (;;) handled(handle(input, input_length));
}
