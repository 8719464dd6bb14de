import pylxd, sys, time, threading, io, warnings
warnings.filterwarnings("ignore")
sock=sys.argv[1]
import urllib.parse
c=pylxd.Client(endpoint="http+unix://"+urllib.parse.quote(sock,safe=""))
def t(name,f):
    try: r=f(); print("ok  ",name,repr(r)[:150]); return r
    except Exception as e: print("FAIL",name,type(e).__name__,str(e)[:200])
t("host_info",lambda:c.host_info["api_version"])
t("trusted",lambda:c.trusted)
t("has ext",lambda:c.has_api_extension("container_exec_recording"))
cfg={"name":"p1","source":{"type":"image","alias":"sample"},"config":{"limits.memory":"64MiB"}}
x=t("create",lambda:c.containers.create(cfg,wait=True))
t("start",lambda:x.start(wait=True))
t("status",lambda:(x.sync(),x.status)[1])
t("state",lambda:(x.state().status,x.state().memory["usage"]>0, sorted(x.state().network)))
t("exec",lambda:x.execute(["/bin/sh","-c","echo out; echo err >&2; exit 3"]))
t("exec env",lambda:x.execute(["/bin/sh","-c","echo $A"],environment={"A":"b c"}))
t("exec stdin",lambda:x.execute(["cat"],stdin_payload="hello\n"))
t("exec handlers",lambda:x.execute(["echo","hi"],stdout_handler=lambda m: print("   got",m)))
t("raw exec",lambda:list(x.raw_interactive_execute(["/bin/sh"])))
t("put",lambda:x.files.put("/root/f",b"data\n",mode="0640",uid=3,gid=4))
t("get",lambda:x.files.get("/root/f"))
t("exec stat",lambda:x.execute(["stat","-c","%a %u %g","/root/f"]))
t("delete_available",lambda:x.files.delete_available())
t("delete file",lambda:x.files.delete("/root/f"))
t("get gone",lambda:x.files.get("/root/f"))
def r():
    import os,tempfile
    d=tempfile.mkdtemp(); os.makedirs(d+"/a/b"); open(d+"/a/b/c","w").write("x"); x.files.recursive_put(d+"/a","/root/a"); return x.execute(["find","/root/a"])
t("recursive_put",r)
t("freeze",lambda:(x.freeze(wait=True),x.sync(),x.status))
t("unfreeze",lambda:(x.unfreeze(wait=True),x.sync(),x.status))
t("restart",lambda:(x.restart(wait=True),x.sync(),x.status))
def s():
    x.config["user.a"]="b"; x.description="d"; x.save(wait=True); y=c.containers.get("p1"); return y.config["user.a"],y.description
t("save",s)
t("snap create",lambda:x.snapshots.create("s0",wait=True))
t("snap all",lambda:[z.name for z in x.snapshots.all()])
t("snap get",lambda:x.snapshots.get("s0").name)
t("snap rename",lambda:(x.snapshots.get("s0").rename("s1",wait=True),[z.name for z in x.snapshots.all()]))
t("stop",lambda:(x.stop(wait=True,force=True),x.sync(),x.status))
t("publish snap",lambda:x.snapshots.get("s1").publish(wait=True).fingerprint[:12])
t("snap delete",lambda:(x.snapshots.get("s1").delete(wait=True),[z.name for z in x.snapshots.all()]))
t("copy",lambda:c.containers.create({"name":"p2","source":{"type":"copy","source":"p1"}},wait=True).name)
t("rename",lambda:(c.containers.get("p2").rename("p3",wait=True),[z.name for z in c.containers.all()]))
t("exists",lambda:(c.containers.exists("p3"),c.containers.exists("nope")))
t("publish",lambda:c.containers.get("p3").publish(wait=True).fingerprint[:12])
t("profile",lambda:c.profiles.create("pp",config={"limits.cpu":"1"},devices={}).name)
def pr():
    p=c.profiles.get("pp"); p.config["limits.cpu"]="2"; p.save(); return c.profiles.get("pp").config
t("profile save",pr)
t("profile rename",lambda:(c.profiles.get("pp").rename("pq"),[p.name for p in c.profiles.all()]))
t("profile delete",lambda:c.profiles.get("pq").delete())
n=t("net create",lambda:c.networks.create("pybr0",type="bridge",config={"ipv4.address":"10.77.9.1/24","ipv4.nat":"false","ipv6.address":"none"}))
t("net delete",lambda:n.delete())
t("pool",lambda:c.storage_pools.create({"name":"pyp","driver":"dir","config":{}}).name)
v=t("vol",lambda:c.storage_pools.get("pyp").volumes.create({"name":"vol","type":"custom","config":{}}))
t("vol get",lambda:c.storage_pools.get("pyp").volumes.get("custom","vol").name)
t("vol delete",lambda:c.storage_pools.get("pyp").volumes.get("custom","vol").delete())
t("pool delete",lambda:c.storage_pools.get("pyp").delete())
t("image by alias",lambda:c.images.get_by_alias("sample").fingerprint[:12])
t("images",lambda:len(c.images.all()))
im=c.images.get_by_alias("sample")
t("alias add",lambda:im.add_alias("z","w"))
t("alias del",lambda:im.delete_alias("z"))
t("export",lambda:len(im.export().read()))
def ev():
    ws=c.events(); got=[]
    th=threading.Thread(target=ws.run_forever if hasattr(ws,"run_forever") else ws.run,daemon=True)
    ws.received_message=lambda m: got.append(m)
    ws.connect(); th.start(); time.sleep(.3)
    c.containers.get("p1").start(wait=True); time.sleep(.5); return len(got)>0
t("events",ev)
t("console log",lambda:c.api.containers["p1"].console.get().status_code)
t("missing",lambda:c.containers.get("nope"))
for y in c.containers.all():
    y.sync()
    if y.status=="Running": t("stop "+y.name,lambda:y.stop(force=True,wait=True))
    t("delete "+y.name,lambda:y.delete(wait=True))
t("all",lambda:c.containers.all())
