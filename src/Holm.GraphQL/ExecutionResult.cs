using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Holm.GraphQL.Execution;

namespace Holm.GraphQL;

/// <summary>What a client is answered (spec 7.1): errors, data, or both.</summary>
public sealed class ExecutionResult
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly object? _data;

    /// <summary>A request that was not executed.</summary>
    public ExecutionResult(IReadOnlyList<GraphQLError> errors) => Errors = errors;

    internal ExecutionResult(object? data, IReadOnlyList<GraphQLError> errors) => (_data, HasData, Errors) = (data, true, errors);

    /// <summary>Errors of the request or, with data, of its fields.</summary>
    public IReadOnlyList<GraphQLError> Errors { get; }

    /// <summary>True once execution began, even if the data is null in the end.</summary>
    public bool HasData { get; }

    /// <summary>Writes it as JSON: fields in the order of the document, errors before data.</summary>
    public void Write(IBufferWriter<byte> to)
    {
        using var json = new Utf8JsonWriter(to, Plain);
        json.WriteStartObject();
        if (Errors.Count > 0)
        {
            json.WriteStartArray("errors");
            foreach (var error in Errors)
                JsonResult.Write(json, error);
            json.WriteEndArray();
        }
        if (HasData)
        {
            json.WritePropertyName("data");
            JsonResult.Write(json, _data);
        }
        json.WriteEndObject();
    }

    /// <summary>The same as UTF-8.</summary>
    public byte[] ToUtf8()
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        Write(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}
