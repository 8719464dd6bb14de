using System.Runtime.InteropServices;

namespace Holm.Linux.Netlink;

/// <summary><c>struct nlmsghdr</c> of <c>linux/netlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHead
{
    /// <summary>Bytes, with this head.</summary>
    public uint Len;
    public ushort Type;
    public ushort Flags;
    /// <summary>Sequence: an answer bears its request's.</summary>
    public uint Seq;
    public uint Pid;
}

/// <summary><c>struct ifinfomsg</c> of <c>linux/rtnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHead
{
    public byte Family;
    public byte Pad;
    public ushort Type;
    public int Index;
    public uint Flags;
    /// <summary>Which of the flags are meant.</summary>
    public uint Change;
}

/// <summary><c>struct ifaddrmsg</c> of <c>linux/if_addr.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHead
{
    public byte Family;
    public byte PrefixLength;
    public byte Flags;
    public byte Scope;
    public int Index;
}

/// <summary><c>struct rtmsg</c> of <c>linux/rtnetlink.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHead
{
    public byte Family;
    /// <summary>Bits of the destination's prefix.</summary>
    public byte DstLen;
    public byte SrcLen;
    public byte Tos;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}

/// <summary><c>struct bridge_vlan_info</c> of <c>linux/if_bridge.h</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BridgeVlan
{
    public ushort Flags;
    public ushort Vid;
}

/// <summary>The part of <c>struct rtnl_link_stats64</c> of <c>linux/if_link.h</c> that every kernel fills.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkStatistics
{
    public ulong RxPackets;
    public ulong TxPackets;
    public ulong RxBytes;
    public ulong TxBytes;
    public ulong RxErrors;
    public ulong TxErrors;
    public ulong RxDropped;
    public ulong TxDropped;
}
