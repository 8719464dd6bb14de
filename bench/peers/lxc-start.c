/*
 * lxc-start - liblxc alone: what a start costs when nothing but the root and the container is made.
 *
 *   lxc-start hold FIRST COUNT                          keeps a user namespace of that id range; prints "ready" when it stands
 *   lxc-start start LXCPATH NAME LAYER TMPFSOPTIONS FIRST PID
 *
 * start makes the root as holmd does (idmapped layer, tmpfs, overlay, in a mount namespace of its own), starts the container whose
 * configuration is LXCPATH/NAME/config, as a daemon, and returns when liblxc says it runs. The user namespace of PID maps the layer:
 * holmd keeps one for each range too.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/mount.h>
#include <lxc/lxccontainer.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Also where the C library's headers are older than the kernel's. */
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000
#endif
struct attributes {
	unsigned long long set, clear, propagation, user_namespace;
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int write_map(pid_t pid, const char *which, const char *first, const char *count)
{
	char path[64], map[64];
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, which);
	int length = snprintf(map, sizeof map, "0 %s %s\n", first, count);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int good = fd >= 0 && write(fd, map, (size_t)length) == length;
	close(fd);
	return good;
}

static int hold(const char *first, const char *count)
{
	pid_t parent = getpid();
	int made[2], status;
	if (pipe(made) < 0)
		return fail("pipe");
	pid_t child = fork();
	if (child == 0) {
		char byte;
		if (read(made[0], &byte, 1) != 1)
			_exit(1);
		_exit(!(write_map(parent, "uid_map", first, count) && write_map(parent, "gid_map", first, count)));
	}
	if (unshare(CLONE_NEWUSER) < 0 || write(made[1], "x", 1) != 1)
		return fail("make a user namespace");
	if (waitpid(child, &status, 0) != child || status != 0)
		return fail("map its ids");
	puts("ready");
	fflush(stdout);
	/* Until whoever asked goes away. */
	char byte;
	return (int)read(STDIN_FILENO, &byte, 1);
}

static int make_root(const char *folder, const char *layer, const char *tmpfs, const char *first, const char *keeper)
{
	char lower[4200], upper[4200], u[4300], w[4300], root[4200], options[16384], space[64];
	snprintf(lower, sizeof lower, "%s/0", folder);
	snprintf(upper, sizeof upper, "%s/upper", folder);
	snprintf(u, sizeof u, "%s/u", upper);
	snprintf(w, sizeof w, "%s/w", upper);
	snprintf(root, sizeof root, "%s/root", folder);
	snprintf(space, sizeof space, "/proc/%s/ns/user", keeper);
	mkdir(lower, 0700);
	mkdir(upper, 0700);
	mkdir(root, 0700);

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "", MS_REC | MS_SLAVE, NULL) < 0)
		return fail("make a mount namespace");
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, layer, 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
	int user = open(space, O_RDONLY | O_CLOEXEC);
	struct attributes map = { .set = MOUNT_ATTR_IDMAP, .user_namespace = (unsigned long long)user };
	if (tree < 0 || user < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &map, sizeof map) < 0)
		return fail("map the layer");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, lower, 4 /* MOVE_MOUNT_F_EMPTY_PATH */) < 0)
		return fail("attach the layer");
	close(tree);
	close(user);
	if (mount("bench-ram", upper, "tmpfs", MS_NODEV, tmpfs) < 0 || mkdir(u, 0755) < 0 || mkdir(w, 0700) < 0)
		return fail("make memory for writes");
	if (chown(u, (uid_t)strtoul(first, NULL, 10), (gid_t)strtoul(first, NULL, 10)) < 0)
		return fail("own it");
	snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", lower, u, w);
	if (mount("overlay", root, "overlay", MS_NODEV, options) < 0)
		return fail("mount the overlay");
	return 0;
}

static int start(char **argv)
{
	char folder[4096];
	snprintf(folder, sizeof folder, "%s/%s", argv[0], argv[1]);
	if (make_root(folder, argv[2], argv[3], argv[4], argv[5]) != 0)
		return 1;
	struct lxc_container *container = lxc_container_new(argv[1], argv[0]);
	if (!container || !container->is_defined(container))
		return fail("read the configuration");
	container->want_daemonize(container, true);
	container->want_close_all_fds(container, true);
	if (!container->start(container, 0, NULL) || strcmp(container->state(container), "RUNNING") != 0) {
		fprintf(stderr, "liblxc did not start it: %d\n", container->error_num);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3]);
	if (argc == 8 && strcmp(argv[1], "start") == 0)
		return start(argv + 2);
	fprintf(stderr, "lxc-start: started by the bench\n");
	return 2;
}
