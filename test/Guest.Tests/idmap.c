// idmap PATH: tries to give the mount at PATH an id mapping (0.. to 100000..), as unprivileged containers need, and prints "0" or the
// name of the error. See mount_setattr(2).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[16384];

static int wait_for_ever(void *unused) { return pause(); }

static int write_file(int pid, const char *file, const char *text)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	int pid = clone(wait_for_ever, stack + sizeof stack, CLONE_NEWUSER | SIGCHLD, NULL);
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	int userns = -1, tree = -1;
	if (pid > 0 && write_file(pid, "uid_map", "0 100000 65536") == 0 && write_file(pid, "gid_map", "0 100000 65536") == 0)
		userns = open(path, O_RDONLY | O_CLOEXEC);
	tree = syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (userns < 0 || tree < 0) {
		perror("idmap");
		return 1;
	}
	struct mount_attr wanted = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = userns };
	int failed = syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &wanted, sizeof wanted);
	puts(failed ? strerrorname_np(errno) : "0");
	kill(pid, SIGKILL);
	return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}
