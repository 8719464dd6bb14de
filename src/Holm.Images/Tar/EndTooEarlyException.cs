namespace Holm.Images.Tar;

/// <summary>The stream ended inside the archive; becomes a refusal with the reason once the packing program was asked.</summary>
internal sealed class EndTooEarlyException : IOException
{
    public EndTooEarlyException() : base("it ends too early")
    {
    }
}
