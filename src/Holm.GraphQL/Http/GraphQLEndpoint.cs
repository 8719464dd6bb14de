using Holm.GraphQL.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Holm.GraphQL.Http;

/// <summary>How the endpoint behaves.</summary>
public sealed record EndpointOptions
{
    /// <summary>What resolvers get as <see cref="FieldContext.State"/>; null: the HTTP context itself.</summary>
    public Func<HttpContext, object?>? State { get; init; }

    /// <summary>Bytes of a request's body.</summary>
    public int BytesMax { get; init; } = 1024 * 1024;

    /// <summary>How long a stream of events may be silent.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(12);
}

/// <summary>
/// GraphQL over HTTP (the working draft): POST for everything, GET for what only reads, one operation a request. Results are
/// <c>application/graphql-response+json</c> or <c>application/json</c>; to who accepts <c>text/event-stream</c>, and to subscriptions only
/// so, they are sent as events.
/// </summary>
public static class GraphQLEndpoint
{
    /// <summary>Serves an engine at a path.</summary>
    public static IEndpointConventionBuilder MapGraphQL(this IEndpointRouteBuilder routes, string path, Engine engine,
        EndpointOptions? options = null)
    {
        var clock = routes.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
        return routes.Map(path, http => Answer(http, engine, options ?? new EndpointOptions(), clock));
    }

    private static async Task Answer(HttpContext http, Engine engine, EndpointOptions options, TimeProvider clock)
    {
        var kind = MediaTypes.Negotiate(http.Request.Headers.Accept);
        try
        {
            if (kind is null)
                throw new BadRequestException(StatusCodes.Status406NotAcceptable,
                    $"An answer is {MediaTypes.GraphQLJson}, {MediaTypes.Json} or {MediaTypes.Events}.");
            var prepared = engine.Prepare(await RequestReader.Read(http, options.BytesMax));
            Refuse(http, prepared, kind.Value);
            var state = options.State is { } of ? of(http) : http;
            if (kind == AnswerKind.Events && prepared.Errors.Count == 0)
                await EventStream.Write(http.Response, Results(engine, prepared, state, http.RequestAborted), options.KeepAlive, clock,
                    http.RequestAborted);
            else
                await Write(http, kind.Value, await engine.Execute(prepared, state, http.RequestAborted));
        }
        catch (BadRequestException bad)
        {
            http.Response.StatusCode = bad.Status;
            await Write(http, kind ?? AnswerKind.Json, new ExecutionResult([new GraphQLError(bad.Message)]));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered.
        }
    }

    private static void Refuse(HttpContext http, PreparedOperation prepared, AnswerKind kind)
    {
        if (prepared.Kind == OperationKind.Mutation && HttpMethods.IsGet(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            throw new BadRequestException(StatusCodes.Status405MethodNotAllowed, "A mutation is sent by POST.");
        }
        if (prepared.Kind == OperationKind.Subscription && prepared.Errors.Count == 0 && kind != AnswerKind.Events)
            throw new BadRequestException(StatusCodes.Status406NotAcceptable, $"A subscription is answered as {MediaTypes.Events}.");
    }

    private static async IAsyncEnumerable<ExecutionResult> Results(Engine engine, PreparedOperation prepared, object? state,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        if (prepared.Kind != OperationKind.Subscription)
        {
            yield return await engine.Execute(prepared, state, ct);
            yield break;
        }
        await foreach (var result in engine.Subscribe(prepared, state, ct))
            yield return result;
    }

    // A request that was not executed is an error of HTTP, too, unless the client knows only the old media type.
    private static async Task Write(HttpContext http, AnswerKind kind, ExecutionResult result)
    {
        var response = http.Response;
        if (response.StatusCode == StatusCodes.Status200OK && !result.HasData && kind != AnswerKind.Json)
            response.StatusCode = StatusCodes.Status400BadRequest;
        response.ContentType = $"{(kind == AnswerKind.GraphQLJson ? MediaTypes.GraphQLJson : MediaTypes.Json)}; charset=utf-8";
        var body = result.ToUtf8();
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, http.RequestAborted);
    }
}
