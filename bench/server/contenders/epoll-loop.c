// What the machine can do: no language runtime, no HTTP server. A frame comes in from standard input, its length in front
// as 4 bytes, and is written to every client by one blocking call. Tells on standard output its port, and then how many
// clients there are whenever that changes. Started by epoll-loop.ts; ends when its input does.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char HEAD[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n"
                           "transfer-encoding: chunked\r\n\r\n";
static int clients[65536], count;
static char input[1 << 20];
static size_t filled;

static void watch(int loop, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

static void tell(int number) {
  printf("%d\n", number);
  fflush(stdout);
}

static void accept_client(int server, int loop) {
  int client = accept(server, NULL, NULL), on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(loop, client);
}

// The first thing that a client says is its request; then it only ever leaves.
static void read_client(int fd) {
  char request[4096];
  int at = 0;
  if (read(fd, request, sizeof request) > 0) {
    if (write(fd, HEAD, sizeof HEAD - 1) > 0) clients[count++] = fd;
  } else {
    close(fd);
    while (at < count && clients[at] != fd) at++;
    if (at < count) clients[at] = clients[--count];
  }
  tell(count);
}

static int read_input(void) {
  ssize_t got = read(0, input + filled, sizeof input - filled);
  if (got <= 0) return 0;
  filled += got;
  char *at = input;
  for (uint32_t length; filled >= sizeof length; at += sizeof length + length, filled -= sizeof length + length) {
    memcpy(&length, at, sizeof length);
    if (filled < sizeof length + length) break;
    // A client that has left takes nothing; read_client hears of it.
    for (int n = 0; n < count; n++) (void)!write(clients[n], at + sizeof length, length);
  }
  memmove(input, at, filled);
  return 1;
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int server = socket(AF_INET, SOCK_STREAM, 0), loop = epoll_create1(0);
  signal(SIGPIPE, SIG_IGN);
  if (bind(server, (struct sockaddr *)&address, size) != 0 || listen(server, 4096) != 0) return 1;
  getsockname(server, (struct sockaddr *)&address, &size);
  tell(ntohs(address.sin_port));
  watch(loop, server);
  watch(loop, 0);
  for (;;) {
    struct epoll_event ready[256];
    int n = epoll_wait(loop, ready, 256, -1);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      if (fd == server) accept_client(server, loop);
      else if (fd != 0) read_client(fd);
      else if (!read_input()) return 0;
    }
  }
}
