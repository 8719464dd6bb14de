using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holm.Contract;

/// <summary>
/// The one JSON context: every record that crosses a wire, in LXD's snake_case spelling. A null is refused where a member is never null.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Envelope<JsonElement>))]
[JsonSerializable(typeof(Envelope<Operation>))]
[JsonSerializable(typeof(Envelope<Server>))]
[JsonSerializable(typeof(Envelope<Instance>))]
[JsonSerializable(typeof(Envelope<InstanceState>))]
[JsonSerializable(typeof(Envelope<Image>))]
[JsonSerializable(typeof(Envelope<ImageAlias>))]
[JsonSerializable(typeof(Envelope<Profile>))]
[JsonSerializable(typeof(Envelope<PartitionState>))]
[JsonSerializable(typeof(Envelope<Configuration>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<string>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<Instance>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<Image>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<ImageAlias>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<Profile>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyList<Check>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyDictionary<string, IReadOnlyList<string>>>))]
[JsonSerializable(typeof(Envelope<IReadOnlyDictionary<string, IReadOnlyList<Operation>>>))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(LifecycleEvent))]
[JsonSerializable(typeof(LogEvent))]
[JsonSerializable(typeof(InstancesPost))]
[JsonSerializable(typeof(InstancesPut))]
[JsonSerializable(typeof(InstancePost))]
[JsonSerializable(typeof(InstancePut))]
[JsonSerializable(typeof(InstanceStatePut))]
[JsonSerializable(typeof(ExecPost))]
[JsonSerializable(typeof(ConsolePost))]
[JsonSerializable(typeof(ControlMessage))]
[JsonSerializable(typeof(ImagesPost))]
[JsonSerializable(typeof(ImagePut))]
[JsonSerializable(typeof(ImageAliasPut))]
[JsonSerializable(typeof(ProfilePut))]
[JsonSerializable(typeof(PartitionPut))]
[JsonSerializable(typeof(ConfigurationPatch))]
[JsonSerializable(typeof(ConfigurationPut))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class ContractJson : JsonSerializerContext;
