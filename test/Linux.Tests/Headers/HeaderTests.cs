namespace Linux.Tests.Headers;

/// <summary>
/// Every constant and struct of the kernel, liblxc and libedit in Holm.Linux equals the one of the C headers (packages libc6-dev,
/// linux-libc-dev, lxc-dev, libedit-dev). Holm.Linux is read by reflection, so a new declaration is checked without a change here, or fails
/// until <see cref="Table"/> names it.
/// </summary>
public sealed class HeaderTests
{
    [Fact]
    public void Every_constant_equals_the_headers()
    {
        IReadOnlyList<Claim> open = Declarations.Constants();
        Assert.NotEmpty(open);
        foreach (var headers in Table.Groups)
        {
            var verdict = Compiler.Compile(headers, open);
            Assert.True(verdict.False.Count == 0, string.Join('\n', verdict.False));
            open = [.. open.Where(claim => verdict.Unknown.Contains(claim.Symbol!) || NamesUnknown(claim, verdict.Unknown))];
        }
        Assert.True(open.Count == 0, "no header in Table.Groups defines these; add the header, or an exception with its reason: "
            + string.Join(", ", open.Select(claim => claim.Name)));
    }

    [Fact]
    public void Every_struct_equals_the_headers()
    {
        for (var group = 0; group < Table.Groups.Length; group++)
        {
            var verdict = Compiler.Compile(Table.Groups[group], Declarations.Structs(group));
            Assert.True(verdict.False.Count == 0, string.Join('\n', verdict.False));
        }
    }

    [Fact]
    public void Every_struct_is_in_the_table() => Assert.Equal("", string.Join('\n', Declarations.StructsOutsideTable()));

    [Fact]
    public void Sizes_set_aside_for_C_are_large_enough() =>
        Assert.Empty(Compiler.Compile(Table.Groups[0], Declarations.Promises()).False);

    [Fact]
    public void Constants_that_glibc_computes_are_the_same() =>
        Assert.Empty(Compiler.Run(Table.Groups[0], Declarations.AtRunTime()));

    [Fact]
    public void The_check_itself_sees_what_is_wrong()
    {
        var verdict = Compiler.Compile(
            Table.Groups[0],
            [
                new Claim("right", "ENOENT == 2", "ENOENT"),
                new Claim("wrong value", "ENOENT == 3", "ENOENT"),
                new Claim("unknown name", "HOLM_UNKNOWN == 1", "HOLM_UNKNOWN"),
                new Claim("wrong offset", "offsetof(struct epoll_event, data) == 8"),
                new Claim("no such member", "offsetof(struct epoll_event, nothing) == 8"),
            ]);
        Assert.Equal(["HOLM_UNKNOWN"], verdict.Unknown);
        Assert.Equal(3, verdict.False.Count);
        Claim[] computed = [new("wrong value", "SIGRTMIN == 35"), new("right", "SIGRTMIN == 34")];
        Assert.Equal(["wrong value"], Compiler.Run(Table.Groups[0], computed));
    }

    private static bool NamesUnknown(Claim claim, IReadOnlySet<string> unknown) =>
        Table.Spelled.TryGetValue(claim.Symbol!, out var c) && unknown.Any(name => c.Contains(name, StringComparison.Ordinal));
}
