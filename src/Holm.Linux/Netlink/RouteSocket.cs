using System.Runtime.CompilerServices;

namespace Holm.Linux.Netlink;

/// <summary>
/// Asks and changes the links and addresses of one network namespace; rtnetlink(7). Errors say what was being done to what, and the
/// kernel's own words where it has some. Not thread safe: one user at a time.
/// </summary>
/// <remarks>A request's answer is there when the request has been sent, so nothing here waits for anybody but the kernel's lock.</remarks>
public sealed partial class RouteSocket : IDisposable
{
    /// <summary>What a list says is looked at again when it changed meanwhile, so many times.</summary>
    private const int LooksMax = 64;

    private readonly Fd _socket;
    private readonly MessageWriter _request = new();
    // The kernel fills up to 32 KB of a list into one datagram.
    private byte[] _buffer = new byte[32 * 1024];
    private uint _sequence;
    private string _kernelSaid = "";
    private bool _changedMeanwhile;

    private RouteSocket(Fd socket) => _socket = socket;

    /// <summary>Takes one message of an answer.</summary>
    private delegate void Answer(ushort type, ReadOnlySpan<byte> body);

    /// <summary>Opens one in the calling thread's network namespace.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static RouteSocket Open() => new(NetlinkSocket.Open());

    /// <summary>Opens one inside another network namespace. It can then be used from any thread.</summary>
    /// <exception cref="LinuxException">The kernel refused; EINVAL: it is no network namespace.</exception>
    public static RouteSocket OpenIn(Fd netNamespace) => NetNamespace.Run(netNamespace, Open);

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Sends the request, which asks for a list, until the list did not change while it was read.</summary>
    /// <exception cref="LinuxException">The kernel refused; EINTR: it never stopped changing.</exception>
    private List<T> Read<T>(string doing, Func<ushort, ReadOnlySpan<byte>, T?> parse)
        where T : class
    {
        for (var look = 1; ; look++)
        {
            var list = new List<T>();
            var error = Exchange((type, body) =>
            {
                if (parse(type, body) is { } item)
                    list.Add(item);
            });
            if (_changedMeanwhile)
                error = Errnos.EINTR;
            if (error == 0)
                return list;
            if (error is not (Errnos.EINTR or Errnos.ENOBUFS) || look == LooksMax)
                throw Refused(doing, error);
        }
    }

    /// <summary>Sends the request and takes its answer to the end.</summary>
    /// <returns>0, or the error number the kernel gave.</returns>
    private int Exchange(Answer? answer = null)
    {
        (_kernelSaid, _changedMeanwhile) = ("", false);
        var error = NetlinkSocket.Send(_socket, _request.Finish(++_sequence));
        if (error != 0)
            return error;
        try
        {
            while (true)
            {
                var length = NetlinkSocket.Receive(_socket, ref _buffer);
                if (length < 0)
                    return -length;
                if (Take(_buffer.AsSpan(0, length), answer) is { } result)
                    return result;
            }
        }
        catch
        {
            // The rest of an answer that made no sense would stand in the way of the next.
            NetlinkSocket.Drain(_socket);
            throw;
        }
    }

    /// <summary>Takes one datagram of an answer; null: more is to come.</summary>
    private int? Take(ReadOnlySpan<byte> datagram, Answer? answer)
    {
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            // Left over from a request that was given up.
            if (messages.Head.Seq != _sequence)
                continue;
            _changedMeanwhile |= (messages.Head.Flags & Rtnetlink.NLM_F_DUMP_INTR) != 0;
            switch (messages.Head.Type)
            {
                case Rtnetlink.NLMSG_NOOP:
                    break;
                case Rtnetlink.NLMSG_OVERRUN:
                    return Errnos.ENOBUFS;
                case Rtnetlink.NLMSG_ERROR or Rtnetlink.NLMSG_DONE:
                    return End(messages.Head, messages.Body);
                default:
                    answer?.Invoke(messages.Head.Type, messages.Body);
                    break;
            }
        }
        return null;
    }

    /// <summary>Reads <c>struct nlmsgerr</c>, or a list's end, which begins alike: a negative error number, the kernel's words.</summary>
    private int End(MessageHead head, ReadOnlySpan<byte> body)
    {
        var error = -Wire.Read<int>(body);
        if ((head.Flags & Rtnetlink.NLM_F_ACK_TLVS) == 0)
            return error;
        var rest = body[sizeof(int)..];
        if (head.Type == Rtnetlink.NLMSG_ERROR)
        {
            // The request again, or only its head.
            var request = (head.Flags & Rtnetlink.NLM_F_CAPPED) != 0
                ? Unsafe.SizeOf<MessageHead>()
                : Wire.Align((int)Math.Min(Wire.Read<MessageHead>(rest).Len, (uint)rest.Length));
            rest = rest[Math.Min(request, rest.Length)..];
        }
        var attributes = new AttributeReader(rest);
        while (attributes.Next())
            if (attributes.Type == Rtnetlink.NLMSGERR_ATTR_MSG)
                _kernelSaid = Wire.Text(attributes.Value);
        return error;
    }

    private LinuxException Refused(string doing, int error) =>
        new(_kernelSaid.Length == 0 ? doing : $"{doing}: {_kernelSaid}", error);
}
