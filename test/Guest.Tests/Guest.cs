using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Guest.Tests;

/// <summary>
/// A virtual machine with Debian 12's own kernel (6.1), emulated by QEMU (TCG: no KVM is needed). Pure cgroup v2, a kernel that cannot
/// idmap SquashFS, real virtio ports, and a disk that keeps its state over <see cref="PowerCut"/>.
/// </summary>
/// <remarks>
/// test/images/guest.sh builds kernel, RAM disk and root; guest-init.sh is pid 1 and describes the line protocol, which runs over a virtio
/// port joined to QEMU's standard input and output. When this process dies, the port ends and the guest powers itself off.
/// <code>
///   Boot --ready--> Run, Run, … --Dispose or PowerCut--> QEMU killed by its process, drives deleted; a StateDisk stays
/// </code>
/// </remarks>
public sealed class Guest : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Files = new(async () =>
        (await Repository.Run(TimeSpan.FromMinutes(10), Path.Combine(Repository.Root, "test/images/guest.sh"))).Trim());

    private readonly Process _qemu;
    private readonly string _folder;
    private readonly StringBuilder _errors = new();
    private int _lastId;

    private Guest(Process qemu, string folder)
    {
        (_qemu, _folder) = (qemu, folder);
        _qemu.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        _qemu.BeginErrorReadLine();
    }

    /// <summary>Starts a guest and waits until it takes commands (about 10 s where nothing else runs).</summary>
    public static async Task<Guest> Boot(GuestOptions? options = null)
    {
        options ??= new GuestOptions();
        try
        {
            return await BootOnce(options);
        }
        catch (NeverBeganException)
        {
            // QEMU's translator hangs now and then before a guest's kernel says its first word; nothing of the guest has run then.
            return await BootOnce(options);
        }
    }

    private static async Task<Guest> BootOnce(GuestOptions options)
    {
        var files = await Files.Value;
        var folder = Directory.CreateTempSubdirectory("holm-guest-").FullName;
        try
        {
            var payload = options.Payload.Count > 0 ? await Pack(options.Payload, folder) : null;
            var start = new ProcessStartInfo("qemu-system-x86_64", Machine(options, files, folder, payload))
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            var guest = new Guest(Process.Start(start)!, folder);
            try
            {
                using var late = new CancellationTokenSource(options.BootDeadline);
                var line = await guest.ReadLine(late.Token);
                return line == "ready" ? guest : throw guest.Broken($"said '{line}' in place of ready");
            }
            catch
            {
                await guest.DisposeAsync();
                throw;
            }
        }
        catch
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Runs a bash script inside, standard input empty, and waits for its end. What it leaves in the background goes on.</summary>
    /// <param name="script">Text of the script.</param>
    /// <param name="deadline">After it the script is killed inside and answers 137; default 60 s. Emulation is slow: be generous.</param>
    public async Task<GuestResult> Run(string script, TimeSpan? deadline = null)
    {
        var seconds = (int)Math.Ceiling((deadline ?? TimeSpan.FromSeconds(60)).TotalSeconds);
        var id = ++_lastId;
        // Beyond the guest's own deadline only a guest that hangs is late.
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(seconds + 60));
        var request = $"{id} {seconds} {Convert.ToBase64String(Encoding.UTF8.GetBytes(script + "\n"))}\n";
        try
        {
            await _qemu.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(request), late.Token);
            await _qemu.StandardInput.BaseStream.FlushAsync(late.Token);
        }
        catch (IOException)
        {
            throw Broken("took no command");
        }
        var answer = (await ReadLine(late.Token)).Split(' ');
        if (answer.Length != 3 || answer[0] != id.ToString(CultureInfo.InvariantCulture))
            throw Broken($"answered '{string.Join(' ', answer)}' to command {id}");
        var output = new byte[int.Parse(answer[2], CultureInfo.InvariantCulture)];
        await _qemu.StandardOutput.BaseStream.ReadExactlyAsync(output, late.Token);
        return new GuestResult(int.Parse(answer[1], CultureInfo.InvariantCulture), Encoding.UTF8.GetString(output));
    }

    /// <summary>As <see cref="Run"/>, but anything other than exit code 0 fails the test, showing the output. Returns the output.</summary>
    public async Task<string> Must(string script, TimeSpan? deadline = null)
    {
        var result = await Run("set -e\n" + script, deadline);
        Assert.True(result.ExitCode == 0, $"in the guest: {script}\nended with {result.ExitCode}:\n{result.Output}");
        return result.Output;
    }

    /// <summary>What the kernel wrote on its console.</summary>
    public string ConsoleText() => File.ReadAllText(Path.Combine(_folder, "console"));

    /// <summary>Takes the power away at this instant: kill -9 of QEMU. What the guest had not written to its disk is lost.</summary>
    public ValueTask PowerCut() => DisposeAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!Directory.Exists(_folder))
            return;
        _qemu.Kill();
        await _qemu.WaitForExitAsync();
        _qemu.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // One thread for all processors: with a thread each, QEMU 7.2 stopped now and then for ever, at the start or in the middle of a test,
    // and two guests side by side use both processors of the machine anyway.
    private static List<string> Machine(GuestOptions options, string files, string folder, string? payload)
    {
        List<string> arguments =
        [
            "-accel", "tcg,thread=single", "-M", "q35", "-cpu", "Nehalem", "-m", $"{options.Memory}M", "-smp", $"{options.Processors}",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", $"{files}/vmlinuz", "-initrd", $"{files}/initrd",
            "-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr audit=0 random.trust_cpu=on cryptomgr.notests",
            "-serial", $"file:{folder}/console",
            "-chardev", "stdio,id=guest,signal=off", "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=guest,name=guest",
            .. Drive("root", $"{files}/root.squashfs", readOnly: true),
            .. payload is null ? [] : Drive("payload", payload, readOnly: true),
            .. options.State is null ? [] : Drive("state", options.State.Path, readOnly: false),
        ];
        for (var port = 0; port < options.Ports; port++)
        {
            var card = $"virtio-net-pci,netdev=port{port},mac=02:00:00:00:00:{port:x2}";
            arguments.AddRange(["-netdev", $"hubport,id=port{port},hubid=0", "-device", card]);
        }
        if (options.Ports == 0)
            arguments.AddRange(["-nic", "none"]);
        return arguments;
    }

    private static string[] Drive(string name, string path, bool readOnly) =>
    [
        "-drive", $"file={path},if=none,id={name},format=raw,readonly={(readOnly ? "on" : "off")}",
        "-device", $"virtio-blk-pci,drive={name},serial={name}",
    ];

    private static async Task<string> Pack(IReadOnlyDictionary<string, string> payload, string folder)
    {
        var tree = Path.Combine(folder, "tree");
        foreach (var (name, source) in payload)
        {
            var target = Path.Combine(tree, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await Repository.Run(TimeSpan.FromSeconds(60), "/bin/cp", "-a", "--reflink=auto", source, target);
        }
        var drive = Path.Combine(folder, "payload");
        const string pack = "tar -C \"$0\" -cf - . | tar2sqfs --quiet --force --compressor lz4 \"$1\"";
        await Repository.Run(TimeSpan.FromMinutes(2), "/bin/bash", "-o", "pipefail", "-c", pack, tree, drive);
        Directory.Delete(tree, recursive: true);
        return drive;
    }

    private async Task<string> ReadLine(CancellationToken ct)
    {
        var line = new List<byte>();
        var next = new byte[1];
        try
        {
            while (await _qemu.StandardOutput.BaseStream.ReadAsync(next, ct) == 1)
            {
                if (next[0] == '\n')
                    return Encoding.UTF8.GetString([.. line]);
                line.Add(next[0]);
            }
        }
        catch (OperationCanceledException)
        {
            var console = new FileInfo(Path.Combine(_folder, "console"));
            throw console is { Exists: true, Length: > 0 } ? Broken("was silent beyond the deadline")
                : new NeverBeganException($"the guest never began; QEMU: {_errors}");
        }
        throw Broken("ended");
    }

    private InvalidOperationException Broken(string what)
    {
        var console = Path.Combine(_folder, "console");
        var tail = File.Exists(console) ? string.Join('\n', File.ReadLines(console).TakeLast(25)) : "";
        return new InvalidOperationException($"the guest {what}; QEMU: {_errors}; its console ends with:\n{tail}");
    }
}

/// <summary>The emulated machine did not come to its kernel.</summary>
internal sealed class NeverBeganException(string message) : Exception(message);
