using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Linux.Tests.Headers;

/// <summary>A condition for the C compiler about one declaration of Holm.Linux.</summary>
/// <param name="Name">The declaration, for the message.</param>
/// <param name="Condition">C expression.</param>
/// <param name="Symbol">The C constant it needs, or null.</param>
public sealed record Claim(string Name, string Condition, string? Symbol = null);

/// <summary>What Holm.Linux declares about the kernel and liblxc, read by reflection and written as claims in C.</summary>
internal static class Declarations
{
    private const BindingFlags Everything =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Type[] Types = typeof(Holm.Linux.Fd).Assembly.GetTypes();

    /// <summary>
    /// Constants and enum members with the kernel's spelling: no small letter, but for what follows <c>SYS_</c>. One claim each.
    /// </summary>
    public static IReadOnlyList<Claim> Constants() =>
    [
        .. from field in Literals()
           where IsKernelName(field.Name) && !Table.OwnConstants.ContainsKey(field.Name) && !Table.AtRunTime.Contains(field.Name)
           select Equal(field),
    ];

    /// <summary>Size, and offset and size of each field, of every struct in the table.</summary>
    public static IReadOnlyList<Claim> Structs(int group) =>
        [.. Table.Structs.Where(row => row.Headers == group).SelectMany(row => Claims(row, Named(row.Type)))];

    /// <summary>The table's promises, with their values.</summary>
    public static IReadOnlyList<Claim> Promises() =>
    [
        .. from promise in Table.Promises
           let dot = promise.Constant.LastIndexOf('.')
           let field = Named(promise.Constant[..dot]).GetField(promise.Constant[(dot + 1)..], Everything)
               ?? throw new InvalidOperationException($"Table.Promises names {promise.Constant}, which is gone: take the line out")
           select new Claim(promise.Constant, string.Format(CultureInfo.InvariantCulture, promise.Condition, field.GetRawConstantValue())),
    ];

    /// <summary>Values of constants that only a running program knows.</summary>
    public static IReadOnlyList<Claim> AtRunTime() =>
        [.. Literals().Where(f => Table.AtRunTime.Contains(f.Name)).Select(Equal)];

    /// <summary>Structs of Holm.Linux which nobody has put in the table, and rows for structs that are gone.</summary>
    public static IReadOnlyList<string> StructsOutsideTable()
    {
        var declared = Types.Where(IsLaidOut).Select(ShortName).ToList();
        var known = Table.Structs.Select(s => s.Type).Concat(Table.OwnStructs.Keys).ToList();
        return
        [
            .. declared.Except(known).Select(name => $"struct {name} is checked against no C header: add a row to Table.Structs"),
            .. known.Except(declared).Select(name => $"Table names struct {name}, which is gone: take the row out"),
        ];
    }

    private static IEnumerable<FieldInfo> Literals() =>
        Types.Where(t => !IsGenerated(t)).SelectMany(t => t.GetFields(Everything))
            .Where(f => f.IsLiteral && f.GetRawConstantValue() is not string);

    private static bool IsKernelName(string name) =>
        name.StartsWith("SYS_", StringComparison.Ordinal) || (name.Length > 1 && !name.Any(char.IsAsciiLetterLower));

    // A record struct carries values inside Holm; only plain structs are laid out for C.
    private static bool IsLaidOut(Type type) =>
        type is { IsValueType: true, IsEnum: false } && !IsGenerated(type) && type.GetMethod("PrintMembers", Everything) is null;

    private static bool IsGenerated(Type? type) =>
        type is not null && (type.Name.Contains('<', StringComparison.Ordinal) || IsGenerated(type.DeclaringType)
            || type.GetCustomAttribute<CompilerGeneratedAttribute>() is not null
            || type.Namespace?.StartsWith("Holm.", StringComparison.Ordinal) != true);

    private static Type Named(string shortName) =>
        Types.FirstOrDefault(t => ShortName(t) == shortName)
        ?? throw new InvalidOperationException($"the table names {shortName}, which is gone from Holm.Linux: take the row out");

    private static string ShortName(Type type) => type.FullName!["Holm.Linux.".Length..];

    private static Claim Equal(FieldInfo field)
    {
        var value = field.GetRawConstantValue()!;
        var bits = value is byte or short or ushort or int or uint ? 32 : 64;
        var number = value is ulong big ? big : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture));
        var expected = bits == 32 ? (uint)number : number;
        var c = Table.Spelled.GetValueOrDefault(field.Name, field.Name);
        var name = $"{ShortName(field.DeclaringType!)}.{field.Name} = {value}";
        return new Claim(name, $"(uint{bits}_t)({c}) == (uint{bits}_t){expected}ULL", field.Name);
    }

    private static IEnumerable<Claim> Claims(StructRow row, Type type)
    {
        if (row.Whole)
            yield return new Claim(row.Type, $"sizeof({row.C}) == {Marshal.SizeOf(type)}");
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            var member = row.Fields.GetValueOrDefault(field.Name) ?? row.Prefix + SnakeCase(field.Name);
            var offset = field.GetCustomAttribute<FieldOffsetAttribute>()?.Value ?? (int)Marshal.OffsetOf(type, field.Name);
            yield return new Claim($"{row.Type}.{field.Name}", $"offsetof({row.C}, {member}) == {offset}");
            yield return new Claim($"{row.Type}.{field.Name}", $"sizeof((({row.C} *)0)->{member}) == {SizeOf(field.FieldType)}");
        }
    }

    private static int SizeOf(Type type) =>
        type.IsPointer || type.IsFunctionPointer ? IntPtr.Size : Marshal.SizeOf(type.IsEnum ? Enum.GetUnderlyingType(type) : type);

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
