package org.rlr.model.data;

import java.util.Arrays;

/**
 * The 8-connected regions of a mask.
 *
 * @param labels row-major, the index of each pixel's region, from 0, or -1 outside all regions
 * @param areas the number of pixels of each region
 */
public record Regions(int[] labels, int[] areas) {
    /**
     * Finds the regions of a mask, numbered in row-major order of their first pixels.
     *
     * @param mask row-major, {@code height·width}
     * @param height rows
     * @param width columns
     * @return its regions
     * @throws IllegalArgumentException if the mask has another length
     */
    public static Regions of(boolean[] mask, int height, int width) {
        if (mask.length != height * width) {
            throw new IllegalArgumentException("a mask of " + mask.length + " pixels is not " + width + "×" + height);
        }
        int[] labels = new int[mask.length];
        Arrays.fill(labels, -1);
        int[] areas = new int[4];
        int count = 0;
        int[] pending = new int[16];
        for (int start = 0; start < mask.length; start++) {
            if (!mask[start] || labels[start] >= 0) {
                continue;
            }
            int size = 0;
            int area = 0;
            labels[start] = count;
            pending[size++] = start;
            while (size > 0) {
                int pixel = pending[--size];
                area++;
                int row = pixel / width;
                int column = pixel % width;
                for (int y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
                    for (int x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
                        int neighbour = y * width + x;
                        if (mask[neighbour] && labels[neighbour] < 0) {
                            labels[neighbour] = count;
                            if (size == pending.length) {
                                pending = Arrays.copyOf(pending, 2 * size);
                            }
                            pending[size++] = neighbour;
                        }
                    }
                }
            }
            if (count == areas.length) {
                areas = Arrays.copyOf(areas, 2 * count);
            }
            areas[count++] = area;
        }
        return new Regions(labels, Arrays.copyOf(areas, count));
    }
}
