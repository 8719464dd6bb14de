using System.Globalization;
using Holm.Contract;

namespace Holm.Config;

/// <summary>Reads what <see cref="ConfigText"/> writes and people paste. One object of it reads one text.</summary>
internal sealed class ConfigReader
{
    private readonly List<string> _problems = [];
    private Document _document = Document.Initial;
    private InstanceConfig? _app;
    private ProfileConfig? _profile;
    private NetworkConfig? _network;
    private bool _spoiled;
    private bool _ownProfiles;
    private int _begins;

    /// <summary>Reads it whole.</summary>
    /// <exception cref="Refusal">400, with the number of the first line that is wrong.</exception>
    public static Document Read(string text)
    {
        var reader = new ConfigReader();
        reader.ReadAll(text);
        return reader._problems is [var first, ..] ? throw new Refusal(400, first) : reader._document;
    }

    /// <summary>Reads what can be read: an object with a wrong line is left out whole, and the problems are told.</summary>
    public static (Document Document, IReadOnlyList<string> Problems) Salvage(string text)
    {
        var reader = new ConfigReader();
        reader.ReadAll(text);
        return (reader._document, reader._problems);
    }

    private void ReadAll(string text)
    {
        var lines = text.Split('\n');
        for (var number = 1; number <= lines.Length; number++)
        {
            try
            {
                var words = Words.Split(lines[number - 1]);
                if (words.Count > 0)
                    ReadLine(words, number);
            }
            catch (Exception e) when (e is FormatException or Refusal)
            {
                Problem(number, e.Message);
            }
        }
        if (_app is not null || _profile is not null || _network is not null)
            Problem(_begins, "the block that begins here has no end");
        CheckWhole();
    }

    private void Problem(int line, string message)
    {
        _problems.Add($"configuration line {line}: {message}");
        _spoiled = true;
    }

    private void ReadLine(IReadOnlyList<string> words, int number)
    {
        if (_app is null && _profile is null && _network is null)
            Begin(words, number);
        else if (words is ["end"])
            End();
        else if (_network is not null)
            ReadNetworkLine(words);
        else if (_app is not null && ReadAppLine(words))
            return;
        else
            ReadPart(words);
    }

    private void Begin(IReadOnlyList<string> words, int number)
    {
        (_spoiled, _ownProfiles, _begins) = (false, false, number);
        switch (words)
        {
            case ["profile", var name]:
                _profile = new ProfileConfig { Name = name };
                Names.CheckProfile(name);
                break;
            case ["network", var name]:
                _network = new NetworkConfig { Name = name };
                break;
            case ["app", var name, var image]:
                _app = new InstanceConfig { Name = name, Image = image };
                Names.CheckInstance(name);
                Names.CheckImage(image);
                if (_document.Instances.ContainsKey(name))
                    throw new FormatException($"app {name} is there already");
                break;
            case ["resources", ..]:
                _document = _document with { Resources = Resources.Read([.. words.Skip(1)]) };
                break;
            case ["app", _]:
                throw new FormatException("an app needs a name and an image: app NAME IMAGE");
            default:
                throw new FormatException(
                    $"{Names.Show(words[0])} is not known here; resources, profile NAME, network NAME and app NAME IMAGE are");
        }
    }

    private void End()
    {
        if (!_spoiled)
            _document = _app is not null ? _document.With(_app) : _network is not null ? _document.With(_network)
                : _document.With(_profile!);
        (_app, _profile, _network) = (null, null, null);
    }

    private void ReadNetworkLine(IReadOnlyList<string> words)
    {
        _network = words switch
        {
            ["description", var text] => _network! with { Description = text },
            ["config", var key, var value] => _network! with { Config = _network.Config.SetItem(key, value) },
            _ => throw new FormatException($"{Names.Show(string.Join(' ', words))} is not known in network {_network!.Name}"),
        };
        _network.Check();
    }

    private bool ReadAppLine(IReadOnlyList<string> words)
    {
        var app = _app!;
        switch (words)
        {
            case ["ephemeral"]:
                _app = app with { Ephemeral = true };
                return true;
            case ["no", "ephemeral"]:
                _app = app with { Ephemeral = false };
                return true;
            case ["created", var time]:
                if (!DateTimeOffset.TryParseExact(time, "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at))
                    throw new FormatException($"{Names.Show(time)} is no time such as 2026-11-23T08:00:00.0000000Z");
                _app = app with { CreatedAt = at.ToUniversalTime() };
                return true;
            case ["no", "profile"]:
                (_app, _ownProfiles) = (app with { Profiles = [] }, true);
                return true;
            case ["profile", var name]:
                (_app, _ownProfiles) = (app with { Profiles = _ownProfiles ? app.Profiles.Add(name) : [name] }, true);
                return true;
            default:
                return false;
        }
    }

    private void ReadPart(IReadOnlyList<string> words)
    {
        switch (words)
        {
            case ["description", var text]:
                Keys.CheckText("description", text);
                (_app, _profile) = (_app is null ? null : _app with { Description = text },
                    _profile is null ? null : _profile with { Description = text });
                break;
            case ["enable"]:
                Set("boot.autostart", "true");
                break;
            case ["no", "enable"]:
                Set("boot.autostart", "false");
                break;
            case ["cmd", var command]:
                Set("init.cmd", command);
                break;
            case ["cmd", _, ..]:
                Set("init.cmd", string.Join(' ', words.Skip(1).Select(Words.Quote)));
                break;
            case ["environment", var name]:
                Set(ConfigText.EnvironmentPrefix + name, "");
                break;
            case ["environment", var name, var value]:
                Set(ConfigText.EnvironmentPrefix + name, value);
                break;
            case ["config", var key, var value]:
                Set(key, value);
                break;
            case ["device", var name, var type, ..]:
                SetDevice(name, type, words.Skip(3));
                break;
            default:
                throw new FormatException($"{Names.Show(string.Join(' ', words))} is not known in {(_app is null ? "profile" : "app")} " +
                    (_app?.Name ?? _profile!.Name));
        }
    }

    private void Set(string key, string value)
    {
        Keys.Check(key, value);
        if (_app is not null)
            _app = _app with { Config = _app.Config.SetItem(key, value) };
        else
            _profile = _profile! with { Config = _profile.Config.SetItem(key, value) };
    }

    private void SetDevice(string name, string type, IEnumerable<string> pairs)
    {
        var device = Maps.Of(("type", type));
        foreach (var pair in pairs)
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 1)
                throw new FormatException($"device {name}: {Names.Show(pair)} is not KEY=VALUE");
            device = device.SetItem(pair[..at], pair[(at + 1)..]);
        }
        Devices.Check(name, device);
        if (_app is not null)
            _app = _app with { Devices = _app.Devices.SetItem(name, device) };
        else
            _profile = _profile! with { Devices = _profile.Devices.SetItem(name, device) };
    }

    // Profiles may stand below the apps that use them, so this comes last.
    private void CheckWhole()
    {
        foreach (var profile in _document.Profiles.Values)
            Keep(() => Rules.Check(profile), d => d.WithoutProfile(profile.Name));
        if (!_document.Profiles.ContainsKey(Document.DefaultProfile))
            _document = _document.With(Document.Initial.Profiles[Document.DefaultProfile]);
        foreach (var network in _document.Networks.Values)
            Keep(network.Check, d => d.WithoutNetwork(network.Name));
        foreach (var app in _document.Instances.Values)
            Keep(() => Rules.Check(_document, app), d => d.WithoutInstance(app.Name));
        KeepTogether();
    }

    // Names on the host are taken in order: who comes second is left out.
    private void KeepTogether()
    {
        var whole = _document;
        _document = whole with { Instances = whole.Instances.Clear(), Networks = whole.Networks.Clear() };
        foreach (var network in whole.Networks.Values)
        {
            _document = _document.With(network);
            Keep(() => Nics.CheckTogether(_document), d => d.WithoutNetwork(network.Name));
        }
        foreach (var app in whole.Instances.Values)
        {
            _document = _document.With(app);
            Keep(() => Nics.CheckTogether(_document), d => d.WithoutInstance(app.Name));
        }
    }

    private void Keep(Action check, Func<Document, Document> without)
    {
        try
        {
            check();
        }
        catch (Refusal refusal)
        {
            _problems.Add($"configuration: {refusal.Message}");
            _document = without(_document);
        }
    }
}
