/** Playlists by their kind: files of a few lines that make a player open another one. */
export const playlists: Readonly<Record<string, (target: string, port: number) => string>> = {
  HLS: (target) =>
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`,
  "HLS master": (target) =>
    `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1280000,RESOLUTION=64x48\n${target}\n`,
  ffconcat: (target) => `ffconcat version 1.0\nfile '${target}'\n`,
  DASH: (target) =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000"><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  SDP: (target, port) =>
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\ni=${target}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} TCP/RTP/AVP 96\na=rtpmap:96 H264/90000\n`,
  "ASF redirector": (target) => `[Reference]\nRef1=${target}\nRef2=${target}\n`,
  "plain list": (target) => `${target}\n${target}\n`,
};
