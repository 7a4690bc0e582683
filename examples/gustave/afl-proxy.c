/*
 * Lets AFL++ drive wemu: a fork server for afl-fuzz on one side, the line protocol of -gustave (docs/gustave.md) on the other. Nothing forks: a run is a line.
 *
 *     cc -O2 -o afl-proxy examples/gustave/afl-proxy.c
 *     AFL_SKIP_BIN_CHECK=1 AFL_MAP_SIZE=65536 afl-fuzz -t 5000 -i examples/gustave/seeds -o out -- \
 *       ./afl-proxy @@ wemu -M virt -bios none -kernel guests/gustave.elf -gustave examples/gustave/virt.json,driver=on
 *
 * The first argument is the file that AFL writes inputs to; then comes wemu's command line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

/* AFL's fork server: commands come by 198, answers go by 199. */
enum { COMMANDS = 198, ANSWERS = 199, MAP = 65536, LONGEST = 1 << 20 };

static uint8_t *map;
static FILE *to, *from;

static void fail(const char *what) { fprintf(stderr, "afl-proxy: %s\n", what); exit(1); }

/* wemu with pipes at its standard input and output. */
static void start(char **command) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0) fail("no pipe");
  pid_t child = fork();
  if (child < 0) fail("no process");
  if (child == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(COMMANDS);
    close(ANSWERS);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to = fdopen(in[1], "w");
  from = fdopen(out[0], "r");
}

/* KIND INSTRUCTIONS EDGES REASON; the status that a process would have ended with. */
static int answer(char *line) {
  char *kind = strtok(line, " "), *instructions = strtok(NULL, " "), *edges = strtok(NULL, " ");
  if (!kind || !instructions || !edges) fail("no answer from wemu");
  for (char *at = edges; *at != '-' && *at; at += at[7] ? 8 : 7) {
    if (strlen(at) < 7) fail("an answer that ends in the middle");
    unsigned place, count;
    if (sscanf(at, "%4x:%2x", &place, &count) != 2) fail("an answer that is none");
    if (map) map[place & (MAP - 1)] = (uint8_t)count;
  }
  return strcmp(kind, "crash") == 0 ? SIGSEGV : strcmp(kind, "hang") == 0 ? SIGXCPU : 0;
}

static int run(const char *file) {
  static uint8_t input[LONGEST];
  static char *line;
  static size_t room;
  int fd = open(file, O_RDONLY);
  ssize_t length = fd < 0 ? -1 : read(fd, input, sizeof input);
  if (length < 0) fail("the input cannot be read");
  close(fd);
  fputs("run ", to);
  for (ssize_t i = 0; i < length; i++) {
    putc("0123456789abcdef"[input[i] >> 4], to);
    putc("0123456789abcdef"[input[i] & 15], to);
  }
  putc('\n', to);
  fflush(to);
  if (getline(&line, &room, from) < 0) fail("wemu has ended");
  if (strncmp(line, "error ", 6) == 0) fail(line);
  return answer(line);
}

int main(int argc, char **argv) {
  if (argc < 3) fail("usage: afl-proxy INPUT COMMAND...");
  start(argv + 2);
  char *greeting = NULL;
  size_t room = 0;
  if (getline(&greeting, &room, from) < 0 || strncmp(greeting, "gustave 1 ", 10) != 0) fail("wemu does not begin");
  const char *id = getenv("__AFL_SHM_ID");
  if (id && (map = shmat(atoi(id), NULL, 0)) == (void *)-1) fail("AFL's map cannot be had");
  if (map) map[0] = 1;                              /* AFL wants to see that it is used */
  uint32_t word = 0;
  if (write(ANSWERS, &word, 4) != 4) {              /* nobody there: a run by hand */
    int status = run(argv[1]);
    printf("%s\n", status == 0 ? "ok" : status == SIGXCPU ? "hang" : "crash");
    return status != 0;
  }
  while (read(COMMANDS, &word, 4) == 4) {
    int32_t process = 0x7fffffff, status;           /* no process has this number */
    if (write(ANSWERS, &process, 4) != 4) break;
    status = run(argv[1]);
    if (map) map[0] |= 1;
    if (write(ANSWERS, &status, 4) != 4) break;
  }
  fputs("quit\n", to);
  return 0;
}
