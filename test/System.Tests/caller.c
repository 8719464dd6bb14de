// caller SOCKET FILE COUNT: makes COUNT calls on holmd's launch.socket that each bring FILE open, and say nothing that holmd understands.
// Prints the answers. It ends by SIGKILL: where the server of FILE does not answer, its own closing of it waits, too.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int file = open(argv[2], O_RDONLY), count = atoi(argv[3]), calls[count];
  if (file < 0) return perror("open"), 1;
  struct sockaddr_un where = {.sun_family = AF_UNIX};
  strncpy(where.sun_path, argv[1], sizeof where.sun_path - 1);
  char word[] = "?", control[CMSG_SPACE(sizeof file)] = {0};
  struct iovec text = {word, 1};
  struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file)};
  memcpy(CMSG_DATA(header), &file, sizeof file);
  for (int i = 0; i < count; i++) {
    calls[i] = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (connect(calls[i], (struct sockaddr *)&where, sizeof where) < 0 || sendmsg(calls[i], &message, 0) < 0) return perror("call"), 1;
  }
  for (int i = 0; i < count; i++) {
    char answer[1024] = {0};
    ssize_t length = recv(calls[i], answer, sizeof answer - 1, 0);
    printf("%s\n", length > 2 ? answer + 2 : "nothing");
  }
  fflush(stdout);
  pause();
}
