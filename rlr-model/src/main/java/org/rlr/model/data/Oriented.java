package org.rlr.model.data;

/** An image turned by the orientation tag of TIFF 6.0: 1 as stored, 3 upside down, 6 a quarter turn clockwise, … */
final class Oriented implements Images.Decoded {
    private final Images.Decoded stored;
    private final int orientation;

    private Oriented(Images.Decoded stored, int orientation) {
        this.stored = stored;
        this.orientation = orientation;
    }

    static Images.Decoded of(Images.Decoded stored, int orientation) {
        return orientation == 1 ? stored : new Oriented(stored, orientation);
    }

    @Override
    public ImageSize size() {
        ImageSize size = stored.size();
        return orientation > 4 ? new ImageSize(/* width= */ size.height(), /* height= */ size.width()) : size;
    }

    @Override
    public RgbImage toRgb() {
        byte[] from = stored.toRgb().rgb();
        byte[] to = new byte[from.length];
        forEach((a, b) -> System.arraycopy(from, a * RgbImage.CHANNELS, to, b * RgbImage.CHANNELS, RgbImage.CHANNELS));
        return new RgbImage(size().width(), size().height(), to);
    }

    @Override
    public MaskPixels toMask() {
        MaskPixels mask = stored.toMask();
        boolean[] to = new boolean[mask.set().length];
        forEach((a, b) -> to[b] = mask.set()[a]);
        return new MaskPixels(to, mask.trait());
    }

    @Override
    public int usedBits() {
        return stored.usedBits();
    }

    private interface Move {
        void pixel(int from, int to);
    }

    private void forEach(Move move) {
        int width = stored.size().width();
        int height = stored.size().height();
        int across = size().width();
        for (int y = 0, from = 0; y < height; y++) {
            for (int x = 0; x < width; x++, from++) {
                int mirroredX = width - 1 - x;
                int mirroredY = height - 1 - y;
                int to = switch (orientation) {
                    case 2 -> y * across + mirroredX;
                    case 3 -> mirroredY * across + mirroredX;
                    case 4 -> mirroredY * across + x;
                    case 5 -> x * across + y;
                    case 6 -> x * across + mirroredY;
                    case 7 -> mirroredX * across + mirroredY;
                    case 8 -> mirroredX * across + y;
                    default -> from;
                };
                move.pixel(from, to);
            }
        }
    }
}
