namespace Holm.Node.Api;

/// <summary>One line of the route table.</summary>
internal readonly record struct ApiRoute(string Method, string Path, Func<Call, Task> Handler);

/// <summary>
/// The whole door on one page. Paths are LXD's, but for <c>/1.0/checkconfig</c>, <c>/1.0/partition</c>,
/// <c>/1.0/configuration</c>, <c>/1.0/registries</c>, <c>/1.0/flakes</c>, <c>/1.0/archive</c>, <c>/1.0/images/unfinished</c> and the
/// <c>flake</c> of an image.
/// </summary>
internal static class Routes
{
    private const string Instances = "/1.0/instances", Instance = Instances + "/{name}", Images = "/1.0/images",
        Image = Images + "/{fingerprint}", Aliases = Images + "/aliases", Alias = Aliases + "/{alias}", Profiles = "/1.0/profiles",
        Profile = Profiles + "/{name}", Networks = "/1.0/networks", Network = Networks + "/{name}", Configuration = "/1.0/configuration",
        Registries = "/1.0/registries", Operations = "/1.0/operations", Operation = Operations + "/{id}",
        Certificate = CertificateRoutes.All + "/{fingerprint}",
        Flakes = "/1.0/flakes", Flake = Flakes + "/{name}";

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        new("GET", "/", ServerRoutes.Versions),
        new("GET", "/1.0", ServerRoutes.Get),
        new("PUT", "/1.0", ServerRoutes.Put),
        new("PATCH", "/1.0", ServerRoutes.Put),
        new("GET", CertificateRoutes.All, CertificateRoutes.List),
        new("POST", CertificateRoutes.All, CertificateRoutes.Post),
        new("GET", Certificate, CertificateRoutes.Get),
        new("PUT", Certificate, CertificateRoutes.Put),
        new("PATCH", Certificate, CertificateRoutes.Put),
        new("DELETE", Certificate, CertificateRoutes.Delete),
        new("GET", "/1.0/checkconfig", ServerRoutes.CheckConfig),
        new("GET", "/1.0/events", EventRoutes.Listen),
        new("GET", "/1.0/partition", PartitionRoutes.Get),
        new("PUT", "/1.0/partition", PartitionRoutes.Put),
        new("PATCH", "/1.0/partition", PartitionRoutes.Patch),

        new("GET", "/1.0/resources", NounRoutes.Resources),
        new("GET", "/1.0/metrics", NounRoutes.Metrics),
        new("GET", "/1.0/cluster", NounRoutes.Cluster),
        new("PUT", "/1.0/cluster", NounRoutes.NoCluster),
        new("GET", "/1.0/cluster/members", NounRoutes.NoCluster),
        new("GET", "/1.0/projects", NounRoutes.Projects),
        new("POST", "/1.0/projects", NounRoutes.NoProjects),
        new("GET", "/1.0/projects/{name}", NounRoutes.Project),
        new("PUT", "/1.0/projects/{name}", NounRoutes.NoProjects),
        new("PATCH", "/1.0/projects/{name}", NounRoutes.NoProjects),
        new("POST", "/1.0/projects/{name}", NounRoutes.NoProjects),
        new("DELETE", "/1.0/projects/{name}", NounRoutes.NoProjects),
        new("GET", "/1.0/warnings", NounRoutes.Warnings),
        new("GET", "/1.0/warnings/{uuid}", NounRoutes.Warning),
        new("PUT", "/1.0/warnings/{uuid}", NounRoutes.Acknowledge),
        new("PATCH", "/1.0/warnings/{uuid}", NounRoutes.Acknowledge),
        new("DELETE", "/1.0/warnings/{uuid}", NounRoutes.DeleteWarning),

        new("GET", Configuration, ConfigurationRoutes.Get),
        new("PUT", Configuration, ConfigurationRoutes.Put),
        new("PATCH", Configuration, ConfigurationRoutes.Patch),
        new("PUT", Configuration + "/startup", ConfigurationRoutes.Save),

        new("GET", Operations, OperationRoutes.List),
        new("GET", Operation, OperationRoutes.Get),
        new("DELETE", Operation, OperationRoutes.Cancel),
        new("GET", Operation + "/wait", OperationRoutes.Wait),
        new("GET", Operation + "/websocket", OperationRoutes.Join),

        new("GET", Instances, InstanceRoutes.List),
        new("POST", Instances, InstanceCreate.Create),
        new("PUT", Instances, PowerRoutes.PutAll),
        new("GET", Instance, InstanceRoutes.Get),
        new("PUT", Instance, InstanceRoutes.Put),
        new("PATCH", Instance, InstanceRoutes.Patch),
        new("POST", Instance, InstanceRoutes.Rename),
        new("DELETE", Instance, InstanceRoutes.Delete),
        new("GET", Instance + "/state", PowerRoutes.Get),
        new("PUT", Instance + "/state", PowerRoutes.Put),
        new("POST", Instance + "/exec", ExecRoutes.Exec),
        new("GET", Instance + "/console", ConsoleRoutes.Log),
        new("POST", Instance + "/console", ConsoleRoutes.Attach),
        new("DELETE", Instance + "/console", ConsoleRoutes.Clear),
        new("GET", Instance + "/logs/lxc.log", ConsoleRoutes.EngineLog),

        new("GET", Instance + "/metadata", MetadataRoutes.Get),
        new("PUT", Instance + "/metadata", MetadataRoutes.Refuse),
        new("PATCH", Instance + "/metadata", MetadataRoutes.Refuse),
        new("GET", Instance + "/metadata/templates", MetadataRoutes.Templates),
        new("POST", Instance + "/metadata/templates", MetadataRoutes.Refuse),
        new("DELETE", Instance + "/metadata/templates", MetadataRoutes.Refuse),

        new("GET", Instance + "/files", FileRoutes.Get),
        new("HEAD", Instance + "/files", FileRoutes.Head),
        new("POST", Instance + "/files", FileRoutes.Post),
        new("DELETE", Instance + "/files", FileRoutes.Delete),
        new("GET", Instance + "/logs", LogRoutes.List),
        new("DELETE", Instance + "/logs/lxc.log", LogRoutes.Delete),
        new("GET", Instance + "/sftp", LogRoutes.Sftp),

        new("GET", Images, ImageRoutes.List),
        new("POST", Images, ImageImport.Import),
        new("GET", Aliases, AliasRoutes.List),
        new("POST", Aliases, AliasRoutes.Create),
        new("GET", Alias, AliasRoutes.Get),
        new("PUT", Alias, AliasRoutes.Put),
        new("PATCH", Alias, AliasRoutes.Patch),
        new("POST", Alias, AliasRoutes.Rename),
        new("DELETE", Alias, AliasRoutes.Delete),
        new("GET", Image, ImageRoutes.Get),
        new("PUT", Image, ImageRoutes.Put),
        new("PATCH", Image, ImageRoutes.Patch),
        new("DELETE", Image, ImageRoutes.Delete),
        new("GET", Image + "/export", ImageRoutes.Export),
        new("GET", Image + "/flake", FlakeRoutes.Info),
        new("POST", Image + "/refresh", ImageRoutes.Refresh),

        new("GET", "/1.0/archive", ImageRoutes.Save),

        new("DELETE", Images + "/unfinished", ImagePulling.Abandon),

        new("GET", Registries, ImagePulling.Logins),
        new("PUT", Registries + "/{host}", ImagePulling.Login),
        new("DELETE", Registries + "/{host}", ImagePulling.Logout),

        new("GET", Profiles, ProfileRoutes.List),
        new("POST", Profiles, ProfileRoutes.Create),
        new("GET", Profile, ProfileRoutes.Get),
        new("PUT", Profile, ProfileRoutes.Put),
        new("PATCH", Profile, ProfileRoutes.Patch),
        new("POST", Profile, ProfileRoutes.Rename),
        new("DELETE", Profile, ProfileRoutes.Delete),

        new("GET", Networks, NetworkRoutes.List),
        new("POST", Networks, NetworkRoutes.Create),
        new("GET", Network, NetworkRoutes.Get),
        new("PUT", Network, NetworkRoutes.Put),
        new("PATCH", Network, NetworkRoutes.Patch),
        new("POST", Network, NetworkRoutes.Rename),
        new("DELETE", Network, NetworkRoutes.Delete),
        new("GET", Network + "/state", NetworkRoutes.State),
        new("GET", Network + "/leases", NetworkRoutes.Leases),

        new("GET", Flakes, FlakeRoutes.List),
        new("POST", Flakes, FlakeRoutes.Create),
        new("GET", Flake, FlakeRoutes.Get),
        new("PUT", Flake, FlakeRoutes.Put),
        new("DELETE", Flake, FlakeRoutes.Delete),
        new("POST", Flake + "/reset", FlakeRoutes.Reset),
    ];
}
