using Holm.Images;
using Holm.Images.Oci;
using Tests.Registry;

namespace Images.Tests.Oci;

/// <summary>
/// Images that different tools built, pulled and mounted, beside what `umoci unpack` makes of them: the same to the last attribute.
/// </summary>
public sealed class DifferentialTests(RegistryServer registry) : IClassFixture<RegistryServer>, IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Each leaves an OCI layout <c>L</c> with tag <c>1</c>.</summary>
    public static TheoryData<string, string> Builds => new()
    {
        { "umoci, whiteouts of every kind", """
            umoci init --layout L && umoci new --image L:1
            umoci unpack --image L:1 b && cd b/rootfs
            mkdir -p a/b/c d tmp keep && chmod 1777 tmp && chmod 700 keep && chown 1000:1001 keep
            echo 1 > a/b/c/one; echo 2 > a/b/two; echo 3 > d/three; ln -s one a/b/c/link; ln a/b/two a/hard; mkfifo fifo
            touch -d @1000000000 a/b/two; cd ../.. && umoci repack --refresh-bundle --image L:1 b && cd b/rootfs
            rm -r a/b/c d fifo; mkdir d; echo new > d/four; echo x > tmp/x; echo y > keep/y; rm a/hard; echo hard > a/hard
            cd ../.. && umoci repack --refresh-bundle --image L:1 b && cd b/rootfs
            rm -r a/b && echo now a file > a/b; rm d/four; mkdir d/four
            cd ../.. && umoci repack --image L:1 b
            """ },
        { "buildah, docker's formats, gzip", """
            c=$(buildah $O from scratch) && m=$(buildah $O mount $c)
            mkdir -p $m/bin $m/usr/lib && cp /bin/busybox $m/bin/busybox && ln -s busybox $m/bin/sh && chmod 4755 $m/bin/busybox
            setcap cap_net_raw+ep $m/bin/busybox; setfattr -n user.note -v hello $m/usr/lib; mknod $m/null c 1 3
            buildah $O commit -q --format docker $c one >/dev/null
            rm $m/bin/sh && echo '#!' > $m/bin/sh && chown 65534:65534 $m/bin/sh && rm $m/null
            buildah $O commit -q --format docker $c two >/dev/null
            skopeo copy -q --insecure-policy containers-storage:[vfs@$PWD/s+$PWD/r]localhost/two:latest oci:L:1
            """ },
        { "buildah, layers upon layers", """
            export O
            printf 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\n' > Containerfile
            printf 'RUN ["/bin/busybox","mkdir","-p","/var/lib/x"]\n' >> Containerfile
            printf 'RUN /bin/busybox touch /var/lib/x/y && /bin/busybox chmod 2750 /var/lib/x\n' >> Containerfile
            printf 'RUN /bin/busybox rm -r /var/lib\n' >> Containerfile
            printf 'RUN /bin/busybox mkdir -p /var/lib/x && echo z > /var/lib/x/z\n' >> Containerfile
            cp /bin/busybox . && buildah $O bud -q --layers --isolation chroot --format oci -t three . >/dev/null
            skopeo copy -q --insecure-policy containers-storage:[vfs@$PWD/s+$PWD/r]localhost/three:latest oci:L:1
            """ },
        { "by hand, folders that are not listed", """
            umoci init --layout L && umoci new --image L:1
            mkdir -p 1/tmp/deep 1/home/user 1/srv && chmod 1777 1/tmp && chmod 2711 1/tmp/deep && chown 7:8 1/tmp/deep
            setfattr -n user.a -v b 1/tmp/deep; touch -d @1234567890 1/tmp/deep 1/home/user; echo old > 1/srv/old
            tar -C 1 --xattrs -cf 1.tar tmp home srv && umoci raw add-layer --image L:1 1.tar
            mkdir -p 2/tmp/deep 2/home/user && echo x > 2/tmp/deep/x && echo y > 2/home/user/y && : > 2/tmp/.wh.gone
            tar -C 2 -cf 2.tar --no-recursion tmp/deep/x home/user/y tmp/.wh.gone && umoci raw add-layer --image L:1 2.tar
            mkdir -p 3/srv 3/tmp && : > 3/srv/.wh..wh..opq && echo new > 3/srv/new && mkdir 3/tmp/deep && : > 3/tmp/.wh.deep
            echo again > 3/tmp/deep/again
            tar -C 3 -cf 3.tar srv tmp/.wh.deep tmp/deep && umoci raw add-layer --image L:1 3.tar
            """ },
        { "by hand, strange names and contents", """
            umoci init --layout L && umoci new --image L:1
            mkdir 1 && cd 1 && n=$(printf 'n%.0s' $(seq 200)) && mkdir -p $n/$n/$n && echo long > $n/$n/$n/$n
            touch "$(printf 'not\xffutf8')" 'a b' "$(printf 'tab\tand\nline')" && mkdir .hidden ' ' && ln -s /etc/passwd outside
            truncate -s 3M sparse && printf end >> sparse && echo one > h1 && ln h1 h2 && mkdir sub && ln h1 sub/h3
            touch -d @0 epoch && touch -d @4000000000 later && cd ..
            tar -C 1 --format=pax -Scf 1.tar . && umoci raw add-layer --image L:1 1.tar
            mkdir 2 && echo two > 2/f && tar -C 2 -cf 2.tar f && echo three > 2/f && chmod 600 2/f && tar -C 2 -rf 2.tar f
            umoci raw add-layer --image L:1 2.tar
            """ },
        { "by hand, through links of layers below", """
            umoci init --layout L && umoci new --image L:1
            mkdir -p 1/usr/bin 1/usr/lib 1/usr/share/deep 1/etc && cd 1 && ln -s usr/bin bin && ln -s /usr/lib lib
            ln -s ../../../../etc out && ln -s share usr/up && ln -s up/./deep/../deep usr/chain && ln -s nowhere/at/all dangling
            ln -s usr/bin replaced && chmod 2751 usr/bin && chown 3:4 usr/lib && setfattr -n user.a -v b usr/lib
            echo old > usr/bin/old && echo gone > usr/lib/gone && echo k > usr/share/deep/k && touch -d @1234567890 usr/bin usr/lib
            cd .. && tar -C 1 --xattrs -cf 1.tar . && umoci raw add-layer --image L:1 1.tar
            mkdir -p 2/bin 2/lib 2/usr/chain 2/out 2/dangling 2/replaced && cd 2 && for i in bin usr/chain out dangling replaced; do
            echo $i > $i/new; done; echo older > bin/old; : > lib/.wh.gone; cd ..
            tar -C 2 -cf 2.tar bin/new bin/old lib/.wh.gone usr/chain/new out/new dangling/new replaced
            umoci raw add-layer --image L:1 2.tar
            mkdir -p 3/nowhere/at/all 3/s 4/s && : > 3/usr && rmdir 3/s && ln -s bin 3/s && echo s > 4/s/through && rm 3/usr
            mkdir 4/bin && : > 4/bin/.wh.old && tar -C 3 -cf 3.tar nowhere s && tar -C 4 -rf 3.tar s/through bin/.wh.old
            umoci raw add-layer --image L:1 3.tar
            mkdir -p 5/lib 5/usr/up/deep && : > 5/usr/up/deep/.wh..wh..opq && echo n > 5/usr/up/deep/n && echo l > 5/lib/l
            tar -C 5 -cf 5.tar usr/up/deep/.wh..wh..opq usr/up/deep/n lib/l && umoci raw add-layer --image L:1 5.tar
            """ },
        { "by hand, hard links to files of layers below", """
            umoci init --layout L && umoci new --image L:1
            mkdir -p 1/d 1/usr/bin 1/o && cd 1 && echo a > a && chown 5:6 a && chmod 6755 a
            setfattr -n user.n -v v a && setcap cap_net_raw+ep a
            echo b > d/b && echo c > d/c && ln -s d/b link && mkfifo fifo && mknod zero c 1 5 && ln -s usr/bin bin && echo x > usr/bin/x
            head -c 300000 /dev/urandom > big && echo o > o/p && touch -d @1234567890 a d/b big && cd ..
            tar -C 1 --xattrs --xattrs-include='*' -cf 1.tar . && umoci raw add-layer --image L:1 1.tar
            cp -a 1 2 && cd 2 && ln a h1 && ln a d/h2 && ln -P link hlink && ln fifo hfifo && ln zero hzero && ln usr/bin/x hx
            mv bin/x bin/y && ln bin/y hy && ln big hbig && ln o/p hp && cd ..
            tar -C 2 -cf 2.tar a h1 d/h2 link hlink fifo hfifo zero hzero big hbig o/p hp
            tar -f 2.tar --delete a link fifo zero big o/p && umoci raw add-layer --image L:1 2.tar
            mkdir 3 && cp -a 1/d 3 && ln 3/d/b 3/hb && ln 3/d/c 3/hc && tar -C 3 -cf 3.tar d/b hb d/c hc && tar -f 3.tar --delete d/b d/c
            rm -r 3/d && mkdir 3/d && echo other > 3/d/b && : > 3/d/.wh.c && tar -C 3 -rf 3.tar d/b d/.wh.c
            umoci raw add-layer --image L:1 3.tar
            mkdir -p 4/bin && echo > 4/bin/x && ln 4/bin/x 4/bin/z && tar -C 4 -cf 4.tar bin/x bin/z && tar -f 4.tar --delete bin/x
            umoci raw add-layer --image L:1 4.tar
            """ },
        { "zstd and gzip mixed, an empty layer twice", """
            umoci init --layout M && umoci new --image M:1
            mkdir 1 2 3 && echo 1 > 1/a && echo 2 > 2/a && echo 3 > 3/b
            for i in 1 3 2 3; do tar -C $i -cf $i.tar . && umoci raw add-layer --image M:1 $i.tar; done
            skopeo copy -q --insecure-policy --dest-compress-format zstd oci:M:1 oci:L:1
            """ },
        { "120 layers", """
            umoci init --layout L && umoci new --image L:1
            for i in $(seq 120); do
              mkdir -p d && echo $i > d/f$i && echo $i > d/last && tar -cf l.tar --remove-files d && umoci raw add-layer --image L:1 l.tar
            done
            """ },
    };

    [Theory]
    [MemberData(nameof(Builds))]
    public async Task A_mounted_stack_is_what_umoci_unpacks(string what, string build)
    {
        _scratch.Shell($"O='--storage-driver vfs --root '$PWD/s' --runroot '$PWD/r\n{build}");
        var name = $"{registry.Host}/differential/{(uint)what.GetHashCode(StringComparison.Ordinal)}:1";
        registry.Push(_scratch["L:1"], name[(registry.Host.Length + 1)..]);
        Directory.CreateDirectory(_scratch["state"]);
        var store = new ImageStore(_scratch["state"], TimeProvider.System);
        store.Open();
        var image = await new ImagePull(store, new RegistrySettings { Insecure = [registry.Host] }, TimeProvider.System)
            .Pull(new PullRequest(ImageReference.Parse(name), Platforms.Own, _ => null), _ => { }, Ct);

        // umoci knows no zstd; the build leaves what it packed in M.
        _scratch.Shell("umoci unpack --image $(test -e M && echo M || echo L):1 unpacked");
        Assert.Equal(Stacks.Look(_scratch, _scratch["unpacked/rootfs"]), Stacks.Mounted(_scratch, store, image));
    }
}
