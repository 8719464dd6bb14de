using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Holm.Node.Api;

/// <summary>
/// Over a unix socket ws4py, by which pylxd runs commands and hears events, names its host <c>localhost:None</c>. LXD's server lets that
/// pass; Kestrel would answer 400 (RFC 9110, section 4.2.3: a port is digits). It is given digits before Kestrel sees it.
/// </summary>
internal static class OddHost
{
    private static ReadOnlySpan<byte> Odd => "\r\nHost: localhost:None\r\n"u8;

    private static ReadOnlySpan<byte> Even => "\r\nHost: localhost:0000\r\n"u8;

    /// <summary>Looks at the first bytes of a connection, and passes it on; one that says nothing in time is closed.</summary>
    public static ConnectionDelegate Mend(ConnectionDelegate next, TimeSpan patience) => async connection =>
    {
        using (var brief = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed))
        {
            brief.CancelAfter(patience);
            try
            {
                var input = connection.Transport.Input;
                var begin = (await input.ReadAsync(brief.Token).ConfigureAwait(false)).Buffer;
                var first = MemoryMarshal.AsMemory(begin.First).Span;
                if (first.IndexOf(Odd) is >= 0 and var at)
                    Even.CopyTo(first[at..]);
                input.AdvanceTo(begin.Start);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
        await next(connection).ConfigureAwait(false);
    };
}
