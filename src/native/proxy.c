/*
 * holm-proxy - carries connections between the host's network and an app's: one process for each device of type proxy.
 *
 *   holm-proxy FOLDER DEVICE INIT LISTEN host|instance UID GID TARGET...
 *
 *     FOLDER DEVICE INIT LISTEN   say which one it is: by its arguments the next daemon knows it again
 *     host | instance             where it listens; it connects on the other side
 *     UID GID                     who it is from then on, as the host counts
 *     TARGET                      tcp:ADDRESS:PORT, udp:ADDRESS:PORT, unix:/PATH or unix:@NAME, one for each socket that listens
 *
 * Descriptors: 0 gives a byte when it may begin, or ends; 3 the app's init (pidfd), 4 its network namespace, 5 its root, from 6 on the
 * sockets that listen. It ends with the app's init.
 *
 * Streams: a thread for each direction of a connection, so that neither waits for the other; the end of one is passed on.
 * Packets: a socket for each sender, so that answers find their way back; the one that was silent longest makes room.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { INIT = 3, NETWORK, ROOT, LISTENERS,
	LISTENERS_MAX = 256, CONNECTIONS_MAX = 512, SENDERS_MAX = 256,
	BUFFER_BYTES = 16 * 1024, PACKET_BYTES = 64 * 1024 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un file;
	};
	socklen_t length;
};

/* Each of its two threads lets go of it, the last one closes. */
struct connection {
	int near, far;
	const struct address *target;
	atomic_int users;
	struct way {
		struct connection *of;
		int from, to;
	} there, back;
};

/* Whoever sent a packet to a socket that listens. */
struct sender {
	int far, listener;
	struct address address;
	unsigned long heard;
};

static struct address targets[LISTENERS_MAX];
static bool packets;
static char packet[PACKET_BYTES];
static atomic_int connections;
static struct sender senders[SENDERS_MAX];
static bool read_address(const char *text, struct address *into)
{
	memset(into, 0, sizeof *into);
	if (!strncmp(text, "unix:", 5)) {
		const char *path = text + 5;
		size_t length = strlen(path);
		if (length == 0 || length >= sizeof into->file.sun_path)
			return false;
		into->file.sun_family = AF_UNIX;
		memcpy(into->file.sun_path, path, length);
		if (path[0] == '@')
			into->file.sun_path[0] = 0;
		into->length = offsetof(struct sockaddr_un, sun_path) + length + (path[0] != '@');
		return true;
	}
	char host[64];
	int port;
	if (sscanf(text, "%*3[a-z]:[%63[^]]]:%d", host, &port) == 2 && inet_pton(AF_INET6, host, &into->v6.sin6_addr) == 1) {
		into->v6.sin6_family = AF_INET6;
		into->v6.sin6_port = htons(port);
		into->length = sizeof into->v6;
		return true;
	}
	if (sscanf(text, "%*3[a-z]:%63[^:]:%d", host, &port) == 2 && inet_pton(AF_INET, host, &into->v4.sin_addr) == 1) {
		into->v4.sin_family = AF_INET;
		into->v4.sin_port = htons(port);
		into->length = sizeof into->v4;
		return true;
	}
	return false;
}

/* Sends at once; whoever vanishes without a word is let go within two minutes. */
static void tune(int fd, int family)
{
	if (family == AF_UNIX)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){ 60 }, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){ 20 }, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){ 3 }, sizeof(int));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){ 120000 }, sizeof(unsigned));
}

/* Connects; -1: not to be had. */
static int reach(const struct address *target, int type)
{
	int fd = socket(target->any.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &target->any, target->length) < 0) {
		close(fd);
		return -1;
	}
	if (fd >= 0 && type == SOCK_STREAM)
		tune(fd, target->any.sa_family);
	return fd;
}

static void let_go(struct connection *connection)
{
	if (atomic_fetch_sub(&connection->users, 1) > 1)
		return;
	close(connection->near);
	close(connection->far);
	free(connection);
	atomic_fetch_sub(&connections, 1);
}

static bool write_all(int fd, const char *bytes, ssize_t count)
{
	while (count > 0) {
		ssize_t written = send(fd, bytes, count, MSG_NOSIGNAL);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		bytes += written;
		count -= written;
	}
	return true;
}

static void *carry(void *argument)
{
	struct way *way = argument;
	char buffer[BUFFER_BYTES];
	ssize_t count;
	do {
		count = recv(way->from, buffer, sizeof buffer, 0);
	} while ((count < 0 && errno == EINTR) || (count > 0 && write_all(way->to, buffer, count)));
	/* Where one side broke, the other direction has nobody left to speak for. */
	shutdown(way->to, count == 0 ? SHUT_WR : SHUT_RDWR);
	if (count != 0)
		shutdown(way->from, SHUT_RDWR);
	let_go(way->of);
	return NULL;
}

static bool begin(void *(*work)(void *), void *argument)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, work, argument) == 0 && pthread_detach(thread) == 0;
}

/* Connecting may take long: a thread of its own does it, and then carries what comes back. */
static void *open_connection(void *argument)
{
	struct connection *connection = argument;
	connection->far = reach(connection->target, SOCK_STREAM);
	connection->there = (struct way){ connection, connection->near, connection->far };
	connection->back = (struct way){ connection, connection->far, connection->near };
	if (connection->far < 0)
		goto end;
	connection->users = 2;
	if (begin(carry, &connection->there))
		return carry(&connection->back);
	connection->users = 1;
end:
	let_go(connection);
	return NULL;
}

static void take_connection(int listener, const struct address *target)
{
	int near = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	/* Who waits goes on waiting, until there are descriptors or memory again. */
	if (near < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		poll(NULL, 0, 100);
	struct connection *connection = near < 0 ? NULL : malloc(sizeof *connection);
	if (!connection) {
		close(near);
		return;
	}
	*connection = (struct connection){ .near = near, .far = -1, .target = target, .users = 1 };
	tune(near, AF_INET);
	atomic_fetch_add(&connections, 1);
	if (!begin(open_connection, connection))
		let_go(connection);
}

static struct sender *sender_of(int listener, const struct address *address, const struct address *target)
{
	struct sender *oldest = senders;
	for (struct sender *s = senders; s < senders + SENDERS_MAX; s++) {
		if (s->far && s->listener == listener && s->address.length == address->length &&
		    !memcmp(&s->address.any, &address->any, address->length))
			return s;
		if (s->heard < oldest->heard)
			oldest = s;
	}
	if (oldest->far)
		close(oldest->far);
	int far = reach(target, SOCK_DGRAM);
	*oldest = (struct sender){ .far = far < 0 ? 0 : far, .listener = listener, .address = *address };
	return far < 0 ? NULL : oldest;
}

static void pass_packet(int listener, const struct address *target, unsigned long now)
{
	struct address from;
	memset(&from, 0, sizeof from);
	from.length = sizeof from.v6;
	ssize_t count = recvfrom(listener, packet, sizeof packet, MSG_DONTWAIT, &from.any, &from.length);
	struct sender *sender = count < 0 ? NULL : sender_of(listener, &from, target);
	if (!sender)
		return;
	sender->heard = now;
	send(sender->far, packet, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void pass_back(struct sender *sender, unsigned long now)
{
	/* An error, such as a port that nobody listens on, is read here and passes. */
	ssize_t count = recv(sender->far, packet, sizeof packet, MSG_DONTWAIT);
	if (count < 0)
		return;
	sender->heard = now;
	sendto(sender->listener, packet, count, MSG_DONTWAIT | MSG_NOSIGNAL, &sender->address.any, sender->address.length);
}

static void run(int count)
{
	static struct pollfd wanted[1 + LISTENERS_MAX + SENDERS_MAX];
	struct sender *behind[SENDERS_MAX];
	for (unsigned long now = 1;; now++) {
		int used = 1 + count, answering = 0;
		bool full = atomic_load(&connections) >= CONNECTIONS_MAX;
		wanted[0] = (struct pollfd){ .fd = INIT, .events = POLLIN };
		for (int i = 0; i < count; i++)
			wanted[1 + i] = (struct pollfd){ .fd = full ? -1 : LISTENERS + i, .events = POLLIN };
		for (struct sender *s = senders; s < senders + SENDERS_MAX; s++)
			if (s->far) {
				behind[answering++] = s;
				wanted[used++] = (struct pollfd){ .fd = s->far, .events = POLLIN };
			}
		/* Connections end without a word to this thread: while there are too many it looks again. */
		if (poll(wanted, used, full ? 100 : -1) < 0 && errno != EINTR)
			return;
		if (wanted[0].revents)
			return;
		for (int i = 0; i < answering; i++)
			if (wanted[1 + count + i].revents)
				pass_back(behind[i], now);
		for (int i = 0; i < count; i++)
			if (wanted[1 + i].revents & POLLIN) {
				if (packets)
					pass_packet(LISTENERS + i, &targets[i], now);
				else
					take_connection(LISTENERS + i, &targets[i]);
			}
	}
}

static void cross_over(const char *side, const char *uid, const char *gid)
{
	/* No link and no .. of the app's leads out of its root. */
	if (!strcmp(side, "host") && (setns(NETWORK, CLONE_NEWNET) || fchdir(ROOT) || chroot(".")))
		_exit(1);
	uid_t user = strtoul(uid, NULL, 10);
	gid_t group = strtoul(gid, NULL, 10);
	if (setgroups(0, NULL) || setresgid(group, group, group) || setresuid(user, user, user))
		_exit(1);
}

int main(int argc, char **argv)
{
	int count = argc - 8;
	char go;
	if (count < 1 || count > LISTENERS_MAX)
		return 2;
	for (int i = 0; i < count; i++)
		if (!read_address(argv[8 + i], &targets[i]))
			return 2;
	packets = !strncmp(argv[8], "udp:", 4);
	/* A daemon that died before it had put this process where it belongs will never say so. */
	if (read(0, &go, 1) != 1)
		return 0;
	struct rlimit files = { 0, 0 };
	getrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files.rlim_max, files.rlim_max });
	cross_over(argv[5], argv[6], argv[7]);
	run(count);
	_exit(0);
}
