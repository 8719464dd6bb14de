using System.Runtime.InteropServices;
using Holm.Linux.Processes;

namespace Holm.Linux.Mounts;

/// <summary>Whose files the calling thread makes; setfsuid(2), setfsgid(2). Only for a thread that ends afterwards.</summary>
public static partial class FilesystemUser
{
    /// <summary>
    /// What this thread makes from now on belongs to a user of the host and that user's group, with the usual permissions, and the thread
    /// keeps its own rights (SECBIT_NO_SETUID_FIXUP, capabilities(7)). A filesystem of another user namespace takes no files of users it
    /// does not know (EOVERFLOW), so that giving them away later would not do.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Become(uint id)
    {
        umask(0x12);
        Become(id, id);
    }

    /// <summary>
    /// Runs something on a thread of its own that makes files as a user and a group of the host, with just the permissions it says.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static T Run<T>(uint user, uint group, Func<T> work) => OwnThread.Run("files", () =>
    {
        MountNamespace.Unshare();
        umask(0);
        Become(user, group);
        return work();
    });

    private static void Become(uint user, uint group)
    {
        if (user == 0 && group == 0)
            return;
        LinuxException.Check(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "keep this thread's rights");
        // Both return what was before, whether they worked or not: asked again with an id that is none, they say what is.
        setfsgid(group);
        setfsuid(user);
        if ((uint)setfsuid(uint.MaxValue) != user || (uint)setfsgid(uint.MaxValue) != group)
            throw new LinuxException($"make files as user {user}", Errnos.EPERM);
    }

    private const int PR_SET_SECUREBITS = 28, SECBIT_NO_SETUID_FIXUP = 4;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc")]
    private static partial int setfsuid(uint id);

    [LibraryImport("libc")]
    private static partial int setfsgid(uint id);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
