// server: answers for a filesystem whose /dev/fuse is descriptor 9: one folder, in which each name is the same empty file. It never answers
// to FLUSH, the question that close(2) waits for. <linux/fuse.h>, protocol 7.31.
#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void answer(struct fuse_in_header *asked, int error, void *data, size_t length) {
  struct fuse_out_header header = {.len = sizeof header + length, .error = -error, .unique = asked->unique};
  struct iovec parts[] = {{&header, sizeof header}, {data, length}};
  if (writev(9, parts, 2) < 0) _exit(errno != ENOENT);
}

static struct fuse_attr attributes(uint64_t node) {
  uint32_t mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
  return (struct fuse_attr){.ino = node, .mode = mode, .nlink = 1, .uid = getuid(), .gid = getgid()};
}

int main(void) {
  static char question[1 << 20];
  while (read(9, question, sizeof question) > 0 || errno == EINTR || errno == ENOENT) {
    struct fuse_in_header *asked = (void *)question;
    struct fuse_init_out init = {.major = 7, .minor = 31, .max_write = 4096};
    struct fuse_attr_out attr = {.attr_valid = 1, .attr = attributes(asked->nodeid)};
    struct fuse_entry_out entry = {.nodeid = 2, .attr = attributes(2)};
    struct fuse_open_out open = {.fh = 1};
    switch (asked->opcode) {
    case FUSE_INIT: answer(asked, 0, &init, sizeof init); break;
    case FUSE_GETATTR: answer(asked, 0, &attr, sizeof attr); break;
    case FUSE_LOOKUP: answer(asked, 0, &entry, sizeof entry); break;
    case FUSE_OPEN:
    case FUSE_OPENDIR: answer(asked, 0, &open, sizeof open); break;
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR: answer(asked, 0, 0, 0); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
    case FUSE_FLUSH: break;
    default: answer(asked, ENOSYS, 0, 0);
    }
  }
  return 0;
}
