"""Debian's unmodified pylxd at a node whose socket is argv[1], and whose image `sample` is there. Ends with a traceback where it goes wrong."""
import os
import sys
import tempfile
import threading
import urllib.parse

import pylxd
from pylxd.exceptions import LXDAPIException, NotFound

client = pylxd.Client(endpoint="http+unix://" + urllib.parse.quote(sys.argv[1], safe=""))


def same(got, wanted):
    assert got == wanted, f"{got!r} is not {wanted!r}"


def fails(error, what):
    try:
        what()
    except error:
        return
    raise AssertionError(f"{error.__name__} did not come")


def server():
    same(client.host_info["api_version"], "1.0")
    same(client.trusted, True)


def life(app):
    app.start(wait=True)
    app.sync()
    same(app.status, "Running")
    state = app.state()
    same(state.status, "Running")
    assert state.memory["usage"] > 0 and "lo" in state.network
    for act, status in ((app.freeze, "Frozen"), (app.unfreeze, "Running"), (app.restart, "Running")):
        act(wait=True)
        app.sync()
        same(app.status, status)


def execution(app):
    same(tuple(app.execute(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"])), (3, "out\n", "err\n"))
    same(app.execute(["/bin/sh", "-c", "echo $A"], environment={"A": "b c"}).stdout, "b c\n")
    same(app.execute(["cat"], stdin_payload="hello\n").stdout, "hello\n")
    heard = []
    same(app.execute(["echo", "hi"], stdout_handler=heard.append).exit_code, 0)
    same("".join(heard), "hi\n")
    same(sorted(app.raw_interactive_execute(["/bin/sh"])), ["control", "ws"])


def files(app):
    app.files.put("/root/f", b"data\n", mode="0640", uid=3, gid=4)
    same(app.files.get("/root/f"), b"data\n")
    same(app.execute(["stat", "-c", "%a %u %g", "/root/f"]).stdout, "640 3 4\n")
    app.files.delete("/root/f")
    fails(NotFound, lambda: app.files.get("/root/f"))
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(folder + "/a/b")
        with open(folder + "/a/b/c", "w", encoding="ascii") as file:
            file.write("x")
        app.files.recursive_put(folder + "/a", "/root/a")
    same(app.execute(["cat", "/root/a/b/c"]).stdout, "x")


def settings(app):
    app.config["user.a"] = "b"
    app.description = "words"
    app.save(wait=True)
    again = client.containers.get("p1")
    same((again.config["user.a"], again.description), ("b", "words"))
    again.config["limits.memory"] = "much"
    fails(LXDAPIException, lambda: again.save(wait=True))


def snapshots(app):
    app.snapshots.create("s0", wait=True)
    app.snapshots.get("s0").rename("s1", wait=True)
    same([each.name for each in app.snapshots.all()], ["s1"])
    app.stop(wait=True, force=True)
    image = app.snapshots.get("s1").publish(wait=True)
    same(client.images.exists(image.fingerprint), True)
    image.delete(wait=True)
    app.snapshots.get("s1").delete(wait=True)
    same(app.snapshots.all(), [])


def copies():
    client.containers.create({"name": "p2", "source": {"type": "copy", "source": "p1"}}, wait=True).rename("p3", wait=True)
    same(sorted(each.name for each in client.containers.all()), ["p1", "p3"])
    same((client.containers.exists("p3"), client.containers.exists("p2")), (True, False))
    client.containers.get("p3").delete(wait=True)
    fails(NotFound, lambda: client.containers.get("p3"))


def profiles():
    client.profiles.create("pp", config={"limits.cpu": "1"}, devices={})
    profile = client.profiles.get("pp")
    profile.config["limits.cpu"] = "2"
    profile.save()
    same(client.profiles.get("pp").config, {"limits.cpu": "2"})
    profile.rename("pq")
    client.profiles.get("pq").delete()
    same([each.name for each in client.profiles.all()], ["default"])


def pools():
    client.storage_pools.create({"name": "pyp", "driver": "dir", "config": {}})
    pool = client.storage_pools.get("pyp")
    pool.volumes.create({"name": "vol", "type": "custom", "config": {}})
    pool.volumes.get("custom", "vol").delete()
    pool.delete()
    fails(NotFound, lambda: client.storage_pools.get("pyp"))


def images():
    image = client.images.get_by_alias("sample")
    same([each.fingerprint for each in client.images.all()], [image.fingerprint])
    image.add_alias("again", "words")
    same(client.images.get_by_alias("again").fingerprint, image.fingerprint)
    image.delete_alias("again")
    assert len(image.export().read()) > 100_000


def events(app):
    socket = client.events()
    begun = threading.Event()
    socket.received_message = lambda message: begun.set() if b"instance-started" in message.data else None
    socket.connect()
    threading.Thread(target=socket.run, daemon=True).start()
    app.start(wait=True)
    assert begun.wait(30), "no event told of the start"


server()
p1 = client.containers.create(
    {"name": "p1", "source": {"type": "image", "alias": "sample"}, "config": {"limits.memory": "64MiB"}}, wait=True)
life(p1)
execution(p1)
files(p1)
settings(p1)
snapshots(p1)
copies()
profiles()
pools()
images()
events(p1)
same(client.api.containers["p1"].console.get().status_code, 200)
p1.stop(force=True, wait=True)
p1.delete(wait=True)
same(client.containers.all(), [])
