namespace Holm.Cli.Verbs;

/// <summary><c>holm trust remove FINGERPRINT…</c></summary>
internal static class TrustRemove
{
    public static Verb Build()
    {
        var fingerprints = Parts.Some("FINGERPRINT", "fingerprints, or their first digits");
        return new("remove", "trust clients no more", fingerprints)
        {
            More = "From the next request on; what such a client has begun goes on.",
            Examples = ["holm trust remove 3f9a0c"],
            Run = (line, caller) => caller.Each(line.GetRequiredValue(fingerprints), "removing",
                fingerprint => caller.Node.Ask("DELETE", Names.Certificate(fingerprint))),
        };
    }
}
