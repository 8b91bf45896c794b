"use strict";
/* Where things lie on the screen. Nothing here touches the page, so all of it can be tested alone.

A look is {x, y, zoom}: the point of the picture in the middle of a pane, and how many pixels of
the screen a pixel of the picture takes. Sizes are {width, height}. */

const MOST_ZOOM = 32;

function fitZoom(size, pane) {
  return Math.min(pane.width / size.width, pane.height / size.height);
}

function clampLook(look, size, pane) {
  const least = Math.min(fitZoom(size, pane), 1) / 2;
  return {
    x: Math.min(Math.max(look.x, 0), size.width),
    y: Math.min(Math.max(look.y, 0), size.height),
    zoom: Math.min(Math.max(look.zoom, least), MOST_ZOOM),
  };
}

function fitLook(size, pane) {
  return {x: size.width / 2, y: size.height / 2, zoom: fitZoom(size, pane)};
}

/* Zoom so that what lies under a point of the pane stays there. */
function zoomAt(look, factor, point, size, pane) {
  const least = Math.min(fitZoom(size, pane), 1) / 2;
  const zoom = Math.min(Math.max(look.zoom * factor, least), MOST_ZOOM);
  const right = point.x - pane.width / 2, down = point.y - pane.height / 2;
  return clampLook({
    x: look.x + right / look.zoom - right / zoom,
    y: look.y + down / look.zoom - down / zoom,
    zoom,
  }, size, pane);
}

function panBy(look, right, down, size, pane) {
  const moved = {x: look.x - right / look.zoom, y: look.y - down / look.zoom, zoom: look.zoom};
  return clampLook(moved, size, pane);
}

/* The top left corner of the picture on the pane, on a whole pixel, so that 1:1 is sharp. */
function cornerOf(look, pane) {
  return {
    x: Math.round(pane.width / 2 - look.x * look.zoom),
    y: Math.round(pane.height / 2 - look.y * look.zoom),
  };
}

/* How often tiles are halved before they are drawn; they are shrunk by less than two then. */
function levelFor(zoom, size, tile) {
  let level = 0;
  while (zoom * 2 ** (level + 1) <= 1 && tile * 2 ** level < Math.max(size.width, size.height)) {
    level += 1;
  }
  return level;
}

/* The tiles of a level that can be seen: which, what part of the picture, and where to draw it.
   Neighbours share their rounded edges, so that no gap shows between them. */
function visibleTiles(look, size, pane, tile, level) {
  const corner = cornerOf(look, pane), side = tile * 2 ** level, found = [];
  const first = {
    column: Math.max(0, Math.floor(-corner.x / look.zoom / side)),
    row: Math.max(0, Math.floor(-corner.y / look.zoom / side)),
  };
  for (let row = first.row; row * side < size.height; row += 1) {
    const top = Math.round(corner.y + row * side * look.zoom);
    if (top >= pane.height) break;
    const height = Math.min(side, size.height - row * side);
    const bottom = Math.round(corner.y + (row * side + height) * look.zoom);
    for (let column = first.column; column * side < size.width; column += 1) {
      const left = Math.round(corner.x + column * side * look.zoom);
      if (left >= pane.width) break;
      const width = Math.min(side, size.width - column * side);
      const right = Math.round(corner.x + (column * side + width) * look.zoom);
      found.push({column, row, left, top, right, bottom,
        width: width / 2 ** level, height: height / 2 ** level});
    }
  }
  return found;
}

/* Which tiles of which level a patch [x, y, width, height] touches, as "level/column/row". */
function touchedBy(patches, size, tile) {
  const touched = new Set();
  for (const [x, y, width, height] of patches) {
    for (let level = 0; ; level += 1) {
      const side = tile * 2 ** level;
      for (let row = Math.floor(y / side); row * side < y + height; row += 1) {
        for (let column = Math.floor(x / side); column * side < x + width; column += 1) {
          touched.add(`${level}/${column}/${row}`);
        }
      }
      if (side >= Math.max(size.width, size.height)) break;
    }
  }
  return touched;
}

/* How many columns show so many pictures largest. */
function bestColumns(count, size, area, gap) {
  let best = 1, largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = (area.width - gap * (columns - 1)) / columns;
    const height = (area.height - gap * (rows - 1)) / rows;
    const zoom = fitZoom(size, {width, height});
    if (zoom > largest * 1.0001) {
      largest = zoom;
      best = columns;
    }
  }
  return best;
}

/* Order of two cells of a table: numbers by size, words by letter, what is not known last. */
function compareCells(first, second, falling) {
  if (first === "" || second === "") return (first === "") - (second === "");
  const numbers = [Number(first), Number(second)];
  const order = numbers.some(Number.isNaN) ? first.localeCompare(second, "en")
    : numbers[0] - numbers[1];
  return falling ? -order : order;
}

/* What differs between two pictures of the same size, RGBA bytes: the channel that differs most,
   times four, in grey; written over the second. */
function differ(first, second) {
  for (let place = 0; place < second.length; place += 4) {
    let most = 0;
    for (let channel = place; channel < place + 3; channel += 1) {
      most = Math.max(most, Math.abs(first[channel] - second[channel]));
    }
    second[place] = second[place + 1] = second[place + 2] = Math.min(255, 4 * most);
    second[place + 3] = 255;
  }
}

if (typeof module !== "undefined") {
  module.exports = {bestColumns, clampLook, compareCells, cornerOf, differ, fitLook, fitZoom,
    levelFor, panBy, touchedBy, visibleTiles, zoomAt};
}
