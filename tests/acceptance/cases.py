"""The table: a clip a trap, what it becomes, and what may differ because it cannot be otherwise."""

# ruff: noqa: E501  a case a line reads as a table

from __future__ import annotations

from dataclasses import dataclass

from tests.acceptance.traps import (
    SPARSE,
    Recipe,
    by_ffmpeg,
    encoded,
    flv_with_times,
    hdr,
    picture,
    piped,
    shifted,
    size_change,
    sound,
    spoken,
    subtitled,
    with_matrix,
    with_packets,
)


@dataclass(frozen=True)
class Case:
    """A clip, its container, the containers to write, and what may differ.

    ``differs`` are kinds of differences that must be there, exactly; ``says`` is in a warning.
    """

    name: str
    recipe: Recipe
    source: str
    targets: str
    differs: str = ""
    says: str = ""
    moved: bool = False


X264 = "-c:v libx264"

TIME = [
    Case("uneven times", encoded(f"{SPARSE} -bf 2"), ".mkv", ".mkv .mp4 .mov .webm .nut .ts"),
    Case("uneven times in fine ticks", encoded(f"{SPARSE} -video_track_timescale 90000"), ".mp4", ".mp4 .mkv .ts .nut", differs="last?"),
    Case("B-frames", encoded("-bf 3 -g 10", seconds=1), ".mp4", ".mp4 .mkv .mov .nut .webm .avi"),
    Case("B-frames out of a broadcast", spoken("-bf 3 -c:a mp2", seconds=1), ".ts", ".ts .mp4 .mkv"),
    Case("B-frames into a broadcast", spoken("-bf 3 -c:a mp2", seconds=1), ".mp4", ".ts", moved=True),
    Case("open GOP", encoded("-x264-params open-gop=1:keyint=8:bframes=3 -flags -cgop"), ".mp4", ".mp4 .mkv"),
    Case("an edit list that cuts the start", by_ffmpeg(
        f"{picture(seconds=2)} {sound(2)} -g 20 -bf 2 {{dir}}/a.mp4",
        "-ss 0.5 -i {dir}/a.mp4 -c copy -map 0 {out}"), ".mp4", ".mp4 .mkv .mov"),
    Case("an edit list that starts late", shifted(video=0.6), ".mp4", ".mp4 .mkv .ts"),
    Case("a late start", by_ffmpeg(
        f"{picture()} {sound()} -c:a mp2 {{dir}}/a.mkv",
        "-itsoffset 100 -i {dir}/a.mkv -map 0 -c copy {out}"), ".mkv", ".mkv .mp4 .ts .nut"),
    Case("sound that starts late", shifted(audio=0.7), ".mkv", ".mkv .mp4 .mov .ts .nut"),
    Case("a film that starts late", shifted(video=0.52), ".mkv", ".mkv .mp4 .mov .ts .nut .avi"),
    Case("sound that starts late in AVI", shifted(audio=0.7), ".mkv", ".avi", differs="sync", says="cannot say"),
    Case("a clock that wraps", by_ffmpeg(
        f"{picture(seconds=2)} {sound(2)} -g 10 -c:a mp2 -output_ts_offset 95442.7 -muxdelay 0 {{out}}"),
        ".ts", ".ts .mp4 .mkv .nut", moved=True, says="all streams are moved"),
    Case("a gap", encoded("-vf \"select='lt(t,0.4)+gt(t,2.4)'\" -fps_mode vfr", seconds=3), ".mkv", ".mkv .mp4 .ts"),
    Case("a frame every ten seconds", encoded("-bf 0", rate="0.1", seconds=40), ".mp4", ".mp4 .mkv .avi"),
    Case("240 frames a second", encoded(rate="240", seconds=0.2), ".mp4", ".mp4 .mkv .ts .avi"),
    Case("NTSC film", encoded(rate="24000/1001"), ".mp4", ".mp4 .mkv .mov .webm .avi .nut"),
    Case("NTSC", encoded(rate="60000/1001", seconds=0.5), ".mov", ".mov .ts"),
    Case("no duration", piped, ".mkv", ".mkv .mp4"),
    Case("a single frame", encoded("-frames:v 1"), ".mp4", ".mp4 .mkv .webm .ts"),
    Case("GIF", encoded(rate="10", seconds=0.8), ".gif", ".gif"),
    Case("out of GIF", encoded(rate="10", seconds=0.8), ".gif", ".mp4 .mkv", differs="pix_fmt color_space", says="cannot be kept"),
    Case("into GIF", encoded(rate="10", seconds=0.8), ".mp4", ".gif", differs="pix_fmt", says="most colours"),
    Case("AVI", encoded("-c:v mpeg4"), ".avi", ".avi .mp4 .mkv"),
    Case("AVI with B-frames and no times", encoded("-c:v mpeg4 -bf 2"), ".avi", ".avi .mp4 .mkv"),
    Case("AVI with sound", by_ffmpeg(f"{picture()} {sound()} -c:v mpeg4 -c:a mp3 {{out}}"), ".avi", ".avi .mp4 .mkv"),
    Case("raw H.264", by_ffmpeg(f"{picture()} -bf 2 -f h264 {{out}}"), ".h264", ".mp4 .mkv", says="had no time"),
]  # fmt: skip

STREAMS = [
    Case("two languages", spoken("-metadata:s:1 language=eng -metadata:s:2 language=deu -metadata:s:1 title=Main "
        "-metadata:s:2 title=Kommentar -disposition:a:0 0 -disposition:a:1 default+comment"), ".mkv", ".mkv"),
    Case("two languages in MP4", spoken("-metadata:s:1 language=eng -metadata:s:2 language=deu "
        "-disposition:a:0 default -disposition:a:1 0"), ".mp4", ".mp4 .mkv"),
    Case("two languages in QuickTime, which knows German as ger", spoken("-metadata:s:1 language=eng -metadata:s:2 language=deu"),
         ".mp4", ".mov", differs="tags"),
    Case("AAC, which a broadcast frames anew", spoken(), ".mp4", ".ts", differs="packets", moved=True, says="moved by"),
    Case("broadcast languages", spoken("-c:a mp2 -metadata:s:1 language=eng -metadata:s:2 language=deu"), ".ts", ".ts .mkv .mp4"),
    Case("text subtitles", subtitled("-c:s srt -disposition:s:0 default+forced"),
        ".mkv", ".mkv"),
    Case("text subtitles into MP4", subtitled("-c:s srt"),
        ".mkv", ".mp4 .mov", differs="codec", says="converted"),
    Case("text subtitles into WebM", subtitled("-c:s srt"),
        ".mkv", ".webm", differs="codec", says="converted"),
    Case("styled subtitles into MP4", subtitled("-c:s ass"),
        ".mkv", ".mp4", differs="codec", says="converted"),
    Case("MP4's subtitles", subtitled("-c:s mov_text"), ".mp4", ".mp4 .mov"),
    Case("MP4's subtitles into Matroska", subtitled("-c:s mov_text"),
        ".mp4", ".mkv", differs="codec", says="converted"),
    Case("WebVTT into MP4", subtitled("-c:v libvpx-vp9 -c:s webvtt"),
        ".webm", ".mp4", differs="codec", says="converted"),
    Case("WebVTT", subtitled("-c:v libvpx-vp9 -c:s webvtt"),
        ".webm", ".webm .mkv"),
    Case("attachments", by_ffmpeg(
        f"{picture()} -attach {{dir}}/font.ttf -metadata:s:t mimetype=font/ttf {{out}}"), ".mkv", ".mkv"),
    Case("a cover", by_ffmpeg(
        f"{picture()} -frames:v 1 {{dir}}/cover.png",
        f"{picture()} -i {{dir}}/cover.png -map 0 -map 1 -c:v:1 copy -disposition:v:1 attached_pic {{out}}"), ".mp4", ".mp4"),
    Case("a cover before the film", by_ffmpeg(
        f"{picture()} -frames:v 1 {{dir}}/cover.png",
        f"-i {{dir}}/cover.png {picture()} -map 0 -map 1 -c:v:0 copy -disposition:v:0 attached_pic {{out}}"), ".mp4", ".mp4"),
    Case("chapters and tags", by_ffmpeg(
        f"{picture()} {sound()} -c:a aac {{dir}}/a.mkv",
        "-i {dir}/a.mkv -i {dir}/chapters.txt -map_metadata 1 -map_chapters 1 -map 0 -c copy {out}"), ".mkv", ".mkv .mp4 .mov .nut"),
    Case("tags of one's own in MP4", by_ffmpeg(
        f"{picture()} -metadata title=T -metadata location=+48.1+11.5/ -metadata mood=calm -movflags use_metadata_tags {{out}}"),
        ".mp4", ".mp4 .mov .mkv"),
    Case("a creation time", encoded("-metadata creation_time=2021-05-06T07:08:09Z"), ".mp4", ".mp4 .mov .mkv"),
    Case("a timecode", encoded("-timecode 01:02:03:04"), ".mov", ".mov .mp4"),
    Case("a timecode in Matroska", encoded("-timecode 01:02:03:04"), ".mkv", ".mkv"),
    Case("data in a broadcast", with_packets("klv", b"\x06\x0e+4\x02\x0b\x01\x01" + b"data" * 4, b"more" * 8), ".ts", ".ts"),
    Case("bitmap subtitles", with_packets("hdmv_pgs_subtitle", b"\x80\x00\x00", b"\x80\x00\x00"), ".mkv", ".mkv"),
    Case("uncompressed sound", by_ffmpeg(f"{picture()} {sound()} -c:a pcm_s24le {{out}}"), ".mov", ".mov .mkv .avi"),
    Case("FLAC and Opus", by_ffmpeg(
        f"{picture()} {sound()} {sound()} -map 0 -map 1 -map 2 -c:a:0 flac -c:a:1 libopus {{out}}"), ".mkv", ".mkv .mp4"),
    Case("AC-3", spoken("-c:a ac3"), ".ts", ".ts .mp4 .mkv"),
    Case("a second film", by_ffmpeg(f"{picture()} {picture('32x32')} -map 0 -map 1 {{out}}"), ".mkv", ".mkv .mp4"),
]  # fmt: skip

TV = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv"
ROTATED = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
MIRRORED = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
TURNED_MIRROR = (0, 65536, 0, 65536, 0, 0, 0, 0, 1 << 30)

PICTURE = [
    Case("turned by 90 degrees", with_matrix(*ROTATED), ".mp4", ".mp4 .mov"),
    Case("mirrored", with_matrix(*MIRRORED), ".mp4", ".mp4 .mov"),
    Case("turned and mirrored", with_matrix(*TURNED_MIRROR), ".mp4", ".mp4 .mov"),
    Case("turned, where only the codec can say it", with_matrix(*ROTATED), ".mp4", ".ts .nut .avi"),
    Case("mirrored, where only the codec can say it", with_matrix(*MIRRORED), ".mp4", ".ts"),
    Case("wide pixels", encoded("-vf setsar=4/3"), ".mp4", ".mp4 .mkv .mov .ts .avi .nut"),
    Case("wide pixels in VP9", encoded("-vf setsar=4/3 -c:v libvpx-vp9"), ".webm", ".webm .mkv .mp4"),
    Case("BT.709", encoded(TV), ".mp4", ".mp4 .mkv .mov .ts .webm .nut"),
    Case("BT.601", encoded("-color_primaries smpte170m -color_trc smpte170m -colorspace smpte170m"), ".mp4", ".mp4 .mkv .webm"),
    Case("full range", encoded("-pix_fmt yuvj420p -color_range pc"), ".mp4", ".mp4 .mkv .webm .mov"),
    Case("BT.2020 PQ in ten bits", encoded(
        "-pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -color_range tv"),
        ".mkv", ".mkv .mp4 .ts .webm"),
    Case("HLG", encoded(
        "-pix_fmt yuv420p10le -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc -color_range tv"),
        ".mp4", ".mp4 .mkv"),
    Case("chroma at the top left", encoded("-chroma_sample_location topleft -x264-params chromaloc=2"), ".mp4", ".mp4 .mkv .ts"),
    Case("chroma in the centre", encoded("-chroma_sample_location center -x264-params chromaloc=1"), ".mkv", ".mkv .mp4"),
    Case("interlaced, top first", encoded("-vf setfield=tff -flags +ildct+ilme"), ".mp4", ".mp4 .mkv .mov .ts"),
    Case("interlaced, bottom first", encoded("-vf setfield=bff -flags +ildct+ilme"), ".mkv", ".mkv .mp4", differs="field_order?"),
    Case("interlaced MPEG-2", encoded("-vf setfield=tff -c:v mpeg2video -flags +ildct+ilme -q:v 2 -bf 2"), ".ts", ".ts .mkv"),
    Case("HDR10", hdr(), ".mkv", ".mkv .mp4"),
    Case("HDR10 in MP4", hdr("-tag:v hvc1"), ".mp4", ".mp4 .mov .mkv .ts"),
    Case("HDR10 into WebM", hdr(), ".mkv", ".webm"),
    Case("ten bits", encoded("-pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=error", seconds=0.4), ".mp4", ".mp4 .mkv"),
    Case("ten bits 4:2:2", encoded("-pix_fmt yuv422p10le"), ".mkv", ".mkv .mp4"),
    Case("ten bits 4:2:2 into WebM", encoded("-pix_fmt yuv422p10le"), ".mkv", ".webm", differs="pix_fmt", says="colour resolution"),
    Case("VP9 with alpha", encoded("-pix_fmt yuva420p -c:v libvpx-vp9 -auto-alt-ref 0 -vf format=yuva420p,colorchannelmixer=aa=0.5"), ".webm", ".webm .mkv"),
    Case("ProRes 4444", encoded("-c:v prores_ks -profile:v 4 -pix_fmt yuva444p10le", seconds=0.4), ".mov", ".mov"),
    Case("Animation with alpha", encoded("-c:v qtrle -pix_fmt argb", seconds=0.4), ".mov", ".mov"),
    Case("FFV1 with alpha", encoded("-c:v ffv1 -pix_fmt yuva420p", seconds=0.4), ".mkv", ".mkv"),
    Case("4:4:4", encoded("-pix_fmt yuv444p"), ".mp4", ".mp4 .mkv .webm"),
    Case("4:2:2", encoded("-pix_fmt yuv422p"), ".mp4", ".mp4 .mkv .webm .avi"),
    Case("gray", encoded("-pix_fmt gray"), ".mp4", ".mp4 .mkv"),
    Case("RGB", encoded("-c:v libx264rgb -pix_fmt rgb24"), ".mkv", ".mkv .mp4"),
    Case("uncompressed RGB", encoded("-c:v rawvideo -pix_fmt bgr24", seconds=0.2), ".avi", ".avi .mkv"),
    Case("a palette", encoded("-c:v png -pix_fmt pal8", seconds=0.2), ".mov", ".mkv", differs="pix_fmt color_range?"),
    *(Case(f"{size} pixels", encoded(f"-vf scale={size.replace('x', ':')},setsar=1,format=yuv420p -c:v ffv1", seconds=0.2), ".mkv", ".mp4 .mkv .webm .ts .avi .gif",
           differs="pix_fmt?") for size in ("1x1", "3x1", "35x33", "321x181")),
    Case("a size that changes", size_change, ".ts", ".ts .mp4 .mkv", says="size"),
    Case("a size that changes in Matroska", size_change, ".mkv", ".mkv .mp4", says="size"),
]  # fmt: skip

MPEG2 = "-c:v mpeg2video -q:v 3 -bf 2 -flags +ildct+ilme"
ALPHA = "-vf format=yuva420p,colorchannelmixer=aa=0.5 -pix_fmt yuva420p -auto-alt-ref 0"
X265 = "-c:v libx265 -x265-params log-level=error"


def with_sound(arguments: str, seconds: float = 1, size: str = "64x48", rate: str = "25") -> Recipe:
    """Return a recipe for a film with one sound track."""
    return by_ffmpeg(f"{picture(size, rate, seconds)} {sound(seconds)} {arguments} {{out}}")


MORE = [
    Case("times that repeat and go back", flv_with_times(0, 40, 80, 80, 160, 120, 240, 280, 280, 400), ".flv", ".mkv .mp4 .nut", says="not timed after"),
    Case("times before 0, which Matroska cannot say", by_ffmpeg(
        f"{picture()} {sound()} -c:a mp2 -bf 0 {{dir}}/a.mkv",
        "-itsoffset -0.3 -i {dir}/a.mkv -map 0 -c copy -avoid_negative_ts disabled {out}"), ".mkv", ".mkv .mp4 .ts", differs="sync?", moved=True, says="had no time"),
    Case("a clock that wraps, with AAC", by_ffmpeg(
        f"{picture(seconds=2)} {sound(2)} -g 10 -bf 2 -c:a aac -output_ts_offset 95442.7 -muxdelay 0 {{out}}"),
        ".ts", ".ts .mp4 .mkv", differs="packets?", moved=True, says="all streams are moved"),
    Case("fragments", with_sound("-bf 2 -g 10 -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof", 2), ".mp4", ".mp4 .mkv"),
    Case("a broadcast that starts at an hour", with_sound("-g 10 -bf 2 -c:a mp2 -output_ts_offset 3600"), ".ts", ".mp4 .ts .mkv .nut"),
    Case("a DVD's stream, interlaced, 16:9", with_sound(f"-vf setfield=tff,setsar=64/45 {MPEG2} -c:a mp2 -frames:v 12", size="720x576"), ".mpg", ".mkv .mp4 .ts"),
    Case("a DVD's stream into AVI, which begins at 0", with_sound(f"{MPEG2} -c:a mp2"), ".mpg", ".avi", differs="sync? times? last?", moved=True, says="moved by"),
    Case("sound and film of other lengths", by_ffmpeg(f"{picture(seconds=0.4)} {sound(3)} -c:a aac {{out}}"), ".mp4", ".mp4 .mkv .mov"),
    Case("MP3 with priming in AVI", with_sound("-c:a mp3"), ".mp4", ".avi .mp4 .mkv"),
    Case("packets shorter than a tick", with_sound("-c:a truehd -strict -2"), ".mkv", ".ts .mkv"),
    Case("DTS and E-AC-3", by_ffmpeg(
        f"{picture()} {sound()} {sound()} -map 0 -map 1 -map 2 -c:a:0 dca -strict -2 -c:a:1 eac3 {{out}}"), ".mkv", ".mp4 .mkv .mov"),
    Case("Vorbis", with_sound("-c:v libvpx -deadline realtime -c:a libvorbis"), ".webm", ".webm .mkv .mp4", differs="color_space?"),
    Case("ALAC and PCM", by_ffmpeg(f"{picture()} {sound()} {sound()} -map 0 -map 1 -map 2 -c:a:0 alac -c:a:1 pcm_s16be {{out}}"), ".mov", ".mov .mkv"),
    Case("MXF", with_sound("-c:v mpeg2video -q:v 3 -c:a pcm_s16le -timecode 10:00:00:00 -frames:v 12 -shortest", size="720x576"), ".mxf", ".mkv .mov", differs="streams?"),
    Case("FLV", with_sound("-c:v libx264 -bf 2 -c:a aac"), ".flv", ".mp4 .mkv"),
    Case("Theora", with_sound("-c:v libtheora -q:v 8 -c:a libvorbis"), ".ogv", ".mkv .mp4", differs="chroma_location?"),
    Case("Windows Media", with_sound("-c:v wmv2 -c:a wmav2"), ".wmv", ".avi", differs="times? last?"),
    Case("a phone of old", with_sound("-c:v h263 -ac 1 -ar 8000 -c:a aac", size="176x144"), ".3gp", ".mp4 .mkv"),
    Case("Motion JPEG of a camera", with_sound("-c:v mjpeg -q:v 2 -pix_fmt yuvj420p -c:a pcm_s16le"), ".avi", ".mov .mkv .avi"),
    Case("a service of a broadcast", with_sound(
        "-c:a mp2 -metadata service_name=Kanal -metadata service_provider=Prov -mpegts_start_pid 0x200 -mpegts_service_id 7"), ".ts", ".ts"),
    Case("words in other scripts", with_sound(
        "-c:a aac -metadata title='\u65e5\u672c\u8a9e \u2013 \u00fc' -metadata artist=\u00c4rger -metadata:s:a title=\u0417\u0432\u0443\u043a"), ".mkv", ".mkv .nut .mp4", differs="tags?"),
    Case("chapters that begin late", by_ffmpeg(
        f"{picture(seconds=2)} {{dir}}/a.mkv", "-i {dir}/a.mkv -i {dir}/late.txt -map_chapters 1 -map 0 -c copy {out}"), ".mkv", ".mkv .nut"),
    Case("chapters that begin late in MP4, which cannot say it", by_ffmpeg(
        f"{picture(seconds=2)} {{dir}}/a.mkv", "-i {dir}/a.mkv -i {dir}/late.txt -map_chapters 1 -map 0 -c copy {out}"),
        ".mkv", ".mp4 .mov", differs="chapters", says="first chapter"),
    Case("two films and a sound", by_ffmpeg(
        f"{picture()} {picture('32x32')} {sound()} -map 0 -map 1 -map 2 -c:a aac -metadata:s:v:1 title=Zwei {{out}}"), ".mp4", ".mp4 .mkv .mov"),
    Case("VP8 with alpha", encoded(f"-c:v libvpx {ALPHA}"), ".webm", ".webm .mkv", differs="color_space?"),
    Case("wide pixels where only Matroska can say it", encoded(f"{ALPHA.replace('aa=0.5', 'aa=0.5,setsar=16/11').replace('-auto-alt-ref 0', '')} -c:v ffv1", seconds=0.4), ".mkv", ".mkv"),
    Case("wide pixels in AV1", encoded("-vf setsar=16/11 -pix_fmt yuv420p10le", size="96x80"), ".mp4", ".webm"),
    Case("twelve bits", encoded(f"{X265} -pix_fmt yuv444p12le", seconds=0.2), ".mkv", ".mkv .mp4"),
    Case("ten bits of gray", encoded("-c:v ffv1 -pix_fmt gray10le", seconds=0.2), ".mkv", ".mkv .mp4"),
    Case("sixteen bits of gray", encoded("-c:v ffv1 -pix_fmt gray16le", seconds=0.2), ".mkv", ".mkv"),
    Case("ten bits of RGB", encoded("-c:v ffv1 -pix_fmt gbrp10le", seconds=0.2), ".mkv", ".mkv .mp4"),
    Case("ProRes 422", encoded("-c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le", seconds=0.4), ".mov", ".mov .mkv"),
    Case("DNxHR", encoded("-c:v dnxhd -profile:v dnxhr_hq -pix_fmt yuv422p", size="256x144", seconds=0.2), ".mov", ".mov .mkv"),
    Case("DV of NTSC", with_sound("-c:v dvvideo -pix_fmt yuv411p -c:a pcm_s16le -frames:v 6", size="720x480", rate="30000/1001"), ".avi", ".mkv .mp4",
         differs="pix_fmt chroma_location? field_order?", says="nothing is lost"),
    Case("packed pixels", encoded("-c:v rawvideo -pix_fmt uyvy422", seconds=0.2), ".mov", ".mov .mkv", differs="pix_fmt"),
    Case("three-dimensional, side by side", encoded("-x264-params frame-packing=3"), ".mp4", ".mp4 .mkv"),
    Case("P3", encoded("-color_primaries smpte432 -color_trc bt709 -colorspace bt709"), ".mov", ".mov .mp4 .mkv"),
]  # fmt: skip
"""Further containers and codecs; of these one output each, unless all are asked for."""

REFUSED = [
    ("Opus in QuickTime", with_sound("-c:a libopus"), ".mkv", ".mov", ".mkv"),
    ("FLAC in AVI", with_sound("-c:a flac"), ".mkv", ".avi", ".mkv"),
    ("Windows Media's sound in Matroska", with_sound("-c:v wmv2 -c:a wmav2"), ".wmv", ".mkv", ".nut"),
    ("AAC in WebM", with_sound("-c:a aac"), ".mp4", ".webm", ".mp4"),
    ("ALAC in a broadcast", with_sound("-c:a alac"), ".mov", ".ts", ".mov"),
]
"""What cannot be held: name, recipe, input, output, and a container that is named as the way out."""
