"use strict";
/* The pictures as tiles, halved again and again. A restoration has its own tiles only where it
differs from the original, and all are made when they are needed, in the same way, so that two
pictures that are the same look the same at every zoom. */

const MOST_TILES = 320;

class Tiles {
  constructor(size, tile, base) {
    this.size = size;
    this.tile = tile;
    this.base = base;
    this.views = [{patches: new Map(), touched: new Set()}];
    this.made = new Map();
    this.read = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  }

  /* patches: [x, y, width, height, image], none across the border of a tile. */
  add(patches) {
    const byTile = new Map();
    for (const patch of patches) {
      byTile.set(`${Math.floor(patch[0] / this.tile)}/${Math.floor(patch[1] / this.tile)}`, patch);
    }
    this.views.push({patches: byTile, touched: touchedBy(patches, this.size, this.tile)});
    return this.views.length - 1;
  }

  /* A tile as a canvas; null where a difference is asked for and there is none. */
  get(view, differs, level, column, row) {
    if (!this.views[view].touched.has(`${level}/${column}/${row}`)) {
      if (differs) return null;
      view = 0;
    }
    const key = `${view}/${differs}/${level}/${column}/${row}`;
    let found = this.made.get(key);
    if (found) {
      this.made.delete(key);
    } else if (level) {
      found = this.halve(view, differs, level, column, row);
    } else {
      found = differs ? this.difference(view, column, row) : this.leaf(view, column, row);
    }
    this.made.set(key, found);
    if (this.made.size > MOST_TILES) this.made.delete(this.made.keys().next().value);
    return found;
  }

  canvas(level, column, row) {
    const side = this.tile * 2 ** level, made = document.createElement("canvas");
    const width = Math.min(side, this.size.width - column * side);
    const height = Math.min(side, this.size.height - row * side);
    made.width = Math.ceil(width / 2 ** level);
    made.height = Math.ceil(height / 2 ** level);
    return [made, made.getContext("2d")];
  }

  leaf(view, column, row) {
    const [made, pen] = this.canvas(0, column, row), tile = this.tile;
    const across = this.base.width / this.size.width, down = this.base.height / this.size.height;
    pen.drawImage(this.base, column * tile * across, row * tile * down, made.width * across,
      made.height * down, 0, 0, made.width, made.height);
    const patch = this.views[view].patches.get(`${column}/${row}`);
    if (patch) pen.drawImage(patch[4], patch[0] - column * tile, patch[1] - row * tile);
    return made;
  }

  difference(view, column, row) {
    const [made, pen] = this.canvas(0, column, row);
    const [first, second] = [0, view].map((one) => {
      this.read.canvas.width = made.width;
      this.read.canvas.height = made.height;
      this.read.drawImage(this.get(one, false, 0, column, row), 0, 0);
      return this.read.getImageData(0, 0, made.width, made.height);
    });
    differ(first.data, second.data);
    pen.putImageData(second, 0, 0);
    return made;
  }

  halve(view, differs, level, column, row) {
    const [made, pen] = this.canvas(level, column, row);
    pen.imageSmoothingQuality = "low";  /* at a half: the mean of two by two */
    if (differs) {
      pen.fillStyle = "#000";
      pen.fillRect(0, 0, made.width, made.height);
    }
    const side = this.tile * 2 ** (level - 1);
    for (const [right, below] of [[0, 0], [1, 0], [0, 1], [1, 1]]) {
      const [c, r] = [2 * column + right, 2 * row + below];
      if (c * side >= this.size.width || r * side >= this.size.height) continue;
      const part = this.get(view, differs, level - 1, c, r);
      if (!part) continue;
      pen.drawImage(part, right * this.tile / 2, below * this.tile / 2, part.width / 2,
        part.height / 2);
    }
    return made;
  }
}
