// What runs on the GPU: points as discs, a picture of them moved about, and lines of equal density.

export const PALETTE_WIDTH = 256;

export const POINTS = {
  vertex: `#version 300 es
    layout(location = 0) in float x;
    layout(location = 1) in float y;
    layout(location = 2) in float oldX;
    layout(location = 3) in float oldY;
    layout(location = 4) in uint code;
    layout(location = 5) in uint state;
    uniform vec4 middle;   // of the screen on the map: high parts, then what they lack
    uniform vec2 perUnit;  // clip space per unit of the map
    uniform float arrived; // 0 at the old place, 1 at the new one
    uniform float size;    // pixels
    uniform float opacity;
    uniform uint wanted;   // the states that are drawn now, a bit each
    uniform vec4 ghost;    // colour of what a filter left out
    uniform float dimmed;  // opacity of what is not selected
    uniform highp sampler2D palette;
    flat out vec4 colour;
    flat out float width;
    void main() {
      vec4 found = texelFetch(palette, ivec2(int(code) & ${PALETTE_WIDTH - 1}, int(code) / ${PALETTE_WIDTH}), 0);
      if ((wanted & (1u << state)) == 0u) {
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
        gl_PointSize = 1.0;
        return;
      }
      float shown = opacity;
      float grown = size;
      if (state == 1u) { found = vec4(ghost.rgb, 1.0); shown = ghost.a * opacity; grown = max(size * 0.7, 1.0); }
      if (state == 2u) shown *= dimmed;
      if (state == 3u) { shown = min(opacity * 1.25, 1.0); grown = size * 1.15; }
      vec2 place = mix(vec2(oldX, oldY), vec2(x, y), arrived);
      gl_Position = vec4((place - middle.xy - middle.zw) * perUnit, 0.0, 1.0);
      gl_PointSize = grown;
      width = grown;
      colour = vec4(found.rgb * shown, shown) * found.a;
    }`,
  fragment: `#version 300 es
    precision mediump float;
    flat in vec4 colour;
    flat in float width;
    out vec4 pixel;
    void main() {
      float far = length(gl_PointCoord - 0.5) * width;
      float edge = width < 3.0 ? 1.0 : clamp(width * 0.5 - far + 0.25, 0.0, 1.0);
      pixel = colour * edge;
    }`,
};

/** A texture over a part of the screen. */
export const PICTURE = {
  vertex: `#version 300 es
    uniform vec4 place; // left, bottom, right, top in clip space
    out vec2 at;
    void main() {
      at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
      gl_Position = vec4(mix(place.xy, place.zw, at), 0.0, 1.0);
    }`,
  fragment: `#version 300 es
    precision mediump float;
    uniform sampler2D picture;
    in vec2 at;
    out vec4 pixel;
    void main() { pixel = texture(picture, at); }`,
};

/** Lines where a field over the map passes one of some levels. */
export const CONTOURS = {
  vertex: PICTURE.vertex,
  fragment: `#version 300 es
    precision highp float;
    uniform sampler2D picture;
    uniform vec4 line;
    uniform float levels;
    in vec2 at;
    out vec4 pixel;
    void main() {
      float height = texture(picture, at).r * levels;
      float near = abs(fract(height - 0.5) - 0.5) / max(fwidth(height), 1e-6);
      float drawn = (1.0 - smoothstep(0.4, 1.4, near)) * smoothstep(0.3, 0.6, height);
      pixel = vec4(line.rgb, 1.0) * line.a * drawn;
    }`,
};
