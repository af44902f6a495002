package org.rlr.model.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.function.Function;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;

/**
 * Reads image files: PNG, JPEG, BMP, GIF (the first frame) and TIFF (the first page), told apart by their content, not
 * by their name.
 *
 * <p>All become 8-bit RGB in the way of Pillow's {@code Image.open(f).convert("RGB")}, which the published models were
 * trained with: alpha is dropped, not blended; palettes are looked up; grey is repeated; CMYK is multiplied out; colour
 * profiles and the EXIF orientation of a JPEG file are <em>ignored</em>, so a photograph that a viewer turns by its
 * EXIF tag is read as the sensor stored it. The orientation tag of TIFF is applied. Unlike Pillow, of 16-bit samples
 * the high byte is taken.
 *
 * <p>Damaged and truncated files are errors, never half a picture, and headers are compared with the bytes that follow
 * them before memory is allocated. In a JPEG file all codes must be there; what pixels do not depend on (profiles,
 * comments, odd application segments, bytes behind the end) is passed over. Samples of more than 16 bits, signed and
 * floating point samples are refused, and so are CIE colours and YCbCr without JPEG compression in TIFF files.
 *
 * <p>Other formats, such as WebP and AVIF, are {@link ImageException.Reason#UNSUPPORTED}, and the error names them. A
 * pipe, a socket or a device is {@link ImageException.Reason#UNREADABLE}; give its contents as a stream.
 */
public final class Images {
    /** The largest picture that is read, in pixels; a header may claim anything. */
    public static final long MAX_PIXELS = 1L << 27;
    /** Bytes of the largest file that is read: those of that many pixels, uncompressed. */
    private static final long MAX_BYTES = MAX_PIXELS * 8;
    /** Heap per pixel while an image is decoded: 3 bytes of RGB, and up to 8 as the decoder gives them. */
    private static final int BYTES_PER_PIXEL = 11;
    /** Bytes in which a header is looked for first. */
    private static final int HEADER = 1 << 16;

    private static final List<ImageFormat> FORMATS = List.of(ImageFormat.values());

    private Images() {}

    /**
     * Reads a picture.
     *
     * @param file an image file
     * @return its pixels
     * @throws ImageException if the file is missing, empty, truncated, damaged, not an image or of an unsupported kind
     */
    public static RgbImage read(Path file) {
        return decode(Origin.of(file), bytes(file), MAX_PIXELS, Decoded::toRgb);
    }

    /**
     * Reads a picture from memory.
     *
     * @param encoded the contents of an image file
     * @return its pixels
     * @throws ImageException if they are empty, truncated, damaged, not an image or of an unsupported kind
     */
    public static RgbImage read(byte[] encoded) {
        return decode(Origin.of(""), encoded, MAX_PIXELS, Decoded::toRgb);
    }

    /**
     * Reads a picture from a stream to its end.
     *
     * @param encoded the contents of an image file; not closed
     * @return its pixels
     * @throws ImageException if the stream fails, or as {@link #read(byte[])}
     */
    public static RgbImage read(InputStream encoded) {
        return read(bytes(encoded));
    }

    /**
     * The contents of a stream to its end.
     *
     * @param encoded the contents of an image file; not closed
     * @return the contents
     * @throws ImageException if the stream fails
     * @throws ResourceException if memory is short
     */
    public static byte[] bytes(InputStream encoded) {
        try {
            return encoded.readAllBytes();
        } catch (IOException e) {
            throw unreadable(
                    "the image cannot be read from its stream (" + Folders.reason(e) + ")", "send it again", e);
        } catch (OutOfMemoryError e) {
            throw ResourceException.outOfMemory("an image was read from its stream", e);
        }
    }

    /**
     * The size of a picture, from its header alone.
     *
     * @param file an image file
     * @return width and height
     * @throws ImageException if the file is missing, empty, not an image, or its header is damaged
     */
    public static ImageSize size(Path file) {
        Origin origin = Origin.of(file);
        checkFile(file);
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEADER);
        } catch (IOException e) {
            throw ioError(file, e);
        }
        ImageFormat format = formatOf(origin, head);
        boolean scattered = format == ImageFormat.BMP || format.toString().equals("TIFF");
        try {
            return sizeOf(origin, format, scattered ? bytes(file) : head);
        } catch (ImageException e) {
            if (scattered || head.length < HEADER || e.reason() != ImageException.Reason.DAMAGED) {
                throw e;
            }
            return sizeOf(origin, format, bytes(file)); // behind a long profile or preview
        }
    }

    /**
     * Whether the name's suffix, in any case, is that of a format read here; hidden files ({@code .x}) are no images.
     *
     * @param file need not exist
     * @return whether it would be taken for an image
     */
    public static boolean hasImageName(Path file) {
        return FORMATS.stream().anyMatch(format -> format.isNameOf(file));
    }

    /**
     * The image files directly inside a folder, sorted by name. Other files and hidden ones are left out.
     *
     * @param folder an existing folder
     * @return the files
     * @throws DataSetException if the folder is missing or cannot be listed
     */
    public static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new DataSetException(
                    Files.exists(folder) ? folder + " is not a folder" : "the folder " + folder + " does not exist",
                    "check the path",
                    null);
        }
        return Folders.files(folder, Images::hasImageName);
    }

    /**
     * What a folder without images holds instead, in words to follow that; nothing where it is empty.
     *
     * @param folder an existing folder
     * @return as {@code , but 2 links to nothing (first …)}, or an empty text
     */
    public static String insteadOfImages(Path folder) {
        PassedOver others = PassedOver.of(folder, List.of());
        String summary = others.summary();
        List<Path> files = others.files(PassedOver.Reason.NO_IMAGE);
        String other = files.isEmpty()
                ? ""
                : (files.size() == 1 ? "1 other file, " : files.size() + " other files, first ")
                        + files.get(0).getFileName();
        boolean formats = !files.isEmpty()
                || !others.files(PassedOver.Reason.OTHER_FORMAT).isEmpty();
        return summary.isEmpty() && other.isEmpty()
                ? ""
                : ", but " + summary + (summary.isEmpty() || other.isEmpty() ? "" : "; ") + other
                        + (formats ? "; " + ImageFormat.all("and") + " are read" : "");
    }

    /** The size of a picture in memory, from its header alone. */
    static ImageSize size(Origin origin, byte[] encoded) {
        return sizeOf(origin, formatOf(origin, encoded), encoded);
    }

    /** A picture as its file stored it. */
    interface Decoded {
        ImageSize size();

        RgbImage toRgb();

        MaskPixels toMask();

        /** Bits of the largest colour sample where samples have 16; 0 where they have fewer. */
        default int usedBits() {
            return 0;
        }

        /** Pixels in memory. */
        static Decoded of(RgbImage image) {
            return new Decoded() {
                @Override
                public ImageSize size() {
                    return image.size();
                }

                @Override
                public RgbImage toRgb() {
                    return image;
                }

                @Override
                public MaskPixels toMask() {
                    return MaskPixels.nonZero(image);
                }
            };
        }
    }

    /**
     * Where an image comes from, for messages.
     *
     * @param name its file or id; empty where it has none
     * @param remedy what to do if it cannot be read
     */
    record Origin(String name, String remedy) {
        static Origin of(Path file) {
            return new Origin(file.toString(), "replace the file or take it out of the folder");
        }

        static Origin of(String id) {
            return new Origin(id, "encode the image again and give all of its bytes");
        }

        /** The name to follow a noun. */
        String label() {
            return name.isEmpty() ? "" : " " + name;
        }
    }

    static byte[] bytes(Path file) {
        long size = checkFile(file);
        if (size > Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory())) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    "the image " + file + " has " + size + " bytes, more than can be read",
                    "scale it down or cut it into tiles",
                    null);
        }
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw ioError(file, e);
        }
    }

    /** The bytes of a file; what else has a name may never end, or wait for someone to write to it. */
    private static long checkFile(Path file) {
        try {
            BasicFileAttributes kind = Files.readAttributes(file, BasicFileAttributes.class);
            if (kind.isOther()) {
                throw unreadable(
                        file + " is a pipe, a socket or a device, not an image file",
                        "write the image to a file",
                        null);
            }
            if (kind.isDirectory()) {
                throw unreadable(file + " is a folder, not an image", "name a file", null);
            }
            return kind.size();
        } catch (IOException e) {
            throw ioError(file, e);
        }
    }

    static <T> T decode(Origin origin, byte[] bytes, long maxPixels, Function<Decoded, T> use) {
        ImageFormat format = formatOf(origin, bytes);
        requireAtMost(maxPixels, origin, sizeOf(origin, format, bytes));
        try {
            return decode(origin, format, bytes, use);
        } catch (OutOfMemoryError e) {
            // where others hold much of the heap
            throw ResourceException.outOfMemory("the image" + origin.label() + " was decoded", e);
        }
    }

    private static <T> T decode(Origin origin, ImageFormat format, byte[] bytes, Function<Decoded, T> use) {
        try {
            return use.apply(decodePlain(format, bytes));
        } catch (ImageException e) {
            throw unsupported(origin, format, e);
        } catch (DataSetException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw damaged(origin, format, e);
        }
    }

    private static Decoded decodePlain(ImageFormat format, byte[] bytes) throws IOException {
        return switch (format) {
            case JPEG -> JpegDecoder.decode(bytes);
            case PNG -> {
                PngCheck png = new PngCheck(bytes);
                yield PixelReader.of(decodeByJdk(format, png.cleaned()), png.palette());
            }
            case BMP -> PixelReader.of(decodeByJdk(format, new BmpHeader(bytes).checked()));
            case GIF -> Decoded.of(new GifDecoder(bytes).decode());
            case TIFF_LITTLE_ENDIAN, TIFF_BIG_ENDIAN -> {
                TiffHeader header = new TiffHeader(bytes);
                byte[] checked = header.checked();
                if (header.isJpeg()) {
                    yield Oriented.of(Decoded.of(header.jpeg()), header.orientation());
                }
                BufferedImage image = decodeByJdk(format, checked);
                header.sum(image.getRaster());
                yield Oriented.of(PixelReader.of(image, header.palette()), header.orientation());
            }
        };
    }

    private static BufferedImage decodeByJdk(ImageFormat format, byte[] bytes) throws IOException {
        ImageReader reader = format.reader();
        DamageListener damage = new DamageListener();
        reader.addIIOReadWarningListener(damage);
        try (ImageInputStream stream = memoryStream(bytes)) {
            reader.setInput(stream, true, true);
            BufferedImage image = reader.read(0);
            damage.check();
            return image;
        } finally {
            reader.dispose();
        }
    }

    private static ImageFormat formatOf(Origin origin, byte[] head) {
        if (head.length == 0) {
            throw new ImageException(
                    ImageException.Reason.EMPTY,
                    "the image" + origin.label() + " is empty (0 bytes)",
                    origin.remedy(),
                    null);
        }
        ImageFormat format = ImageFormat.of(head);
        if (format == null) {
            String foreign = ImageFormat.foreign(head);
            if (foreign != null) {
                throw new ImageException(
                        ImageException.Reason.UNSUPPORTED,
                        "the image" + origin.label() + " is in the format " + foreign + ", which is not read",
                        "convert it to PNG, as by ImageMagick: magick mogrify -format png FILE",
                        null);
            }
            throw new ImageException(
                    ImageException.Reason.NOT_AN_IMAGE,
                    (origin.name().isEmpty() ? "the data" : origin.name()) + " is not a " + ImageFormat.all("or")
                            + " image",
                    origin.remedy() + ", or convert it to PNG",
                    null);
        }
        return format;
    }

    /** The size by the header, if the heap can hold an image of it. */
    private static ImageSize sizeOf(Origin origin, ImageFormat format, byte[] bytes) {
        ImageSize header;
        try (ImageInputStream stream = memoryStream(bytes)) {
            ImageSize size = switch (format) {
                case JPEG -> JpegWalk.size(stream);
                case PNG -> PngCheck.size(bytes);
                case BMP -> new BmpHeader(bytes).size();
                case TIFF_LITTLE_ENDIAN, TIFF_BIG_ENDIAN -> new TiffHeader(bytes).size();
                case GIF -> new GifDecoder(bytes).size();
            };
            if (size.width() <= 0 || size.height() <= 0) {
                throw new IOException("its header says " + size + " pixels");
            }
            header = size;
        } catch (ImageException e) {
            throw unsupported(origin, format, e);
        } catch (IOException | RuntimeException e) {
            throw damaged(origin, format, e);
        }
        return checked("the image" + origin.label(), header);
    }

    private static RlrException unsupported(Origin origin, ImageFormat format, ImageException e) {
        return e.at("the " + format + " image" + origin.label() + " is of an unsupported kind");
    }

    /** The size, if it is not too large for this heap or for any. */
    static ImageSize checked(String image, ImageSize size) {
        long heap = Runtime.getRuntime().maxMemory();
        if (size.pixels() > MAX_PIXELS || size.pixels() * BYTES_PER_PIXEL > heap) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    image + " is " + size + " pixels, more than the "
                            + (size.pixels() > MAX_PIXELS
                                    ? MAX_PIXELS / 1_000_000 + " million that are read"
                                    : heap / BYTES_PER_PIXEL / 1_000_000 + " million that a heap of " + (heap >> 20)
                                            + " MiB has room for"),
                    "scale it down or cut it into tiles"
                            + (size.pixels() > MAX_PIXELS ? "" : ", or raise the heap with java -Xmx"),
                    null);
        }
        return size;
    }

    /** Refuses what is larger than a caller wants to read. */
    static void requireAtMost(long maxPixels, Origin origin, ImageSize size) {
        if (size.pixels() > maxPixels) {
            throw new ImageException(
                    ImageException.Reason.TOO_LARGE,
                    "the image" + origin.label() + " is " + size + " pixels, more than `maxPixels`, which is "
                            + maxPixels,
                    "scale it down or raise `maxPixels`",
                    null);
        }
    }

    static ImageInputStream memoryStream(byte[] bytes) {
        return new BytesInput(bytes);
    }

    private static ImageException damaged(Origin origin, ImageFormat format, Exception cause) {
        for (Throwable t = cause; t != null; t = t.getCause()) {
            // decoders wrap even this, and the file may be sound
            if (t instanceof OutOfMemoryError e) {
                throw e;
            }
        }
        return new ImageException(
                ImageException.Reason.DAMAGED,
                "the " + format + " image" + origin.label() + " is truncated or damaged ("
                        + (isFault(cause) ? "its data contradict each other" : Folders.reason(cause)) + ")",
                origin.remedy(),
                cause);
    }

    /** Whether a decoder stumbled over the data, with a message for programmers. */
    private static boolean isFault(Throwable cause) {
        return cause instanceof NullPointerException
                || cause instanceof IndexOutOfBoundsException
                || cause instanceof ClassCastException
                || cause instanceof NegativeArraySizeException
                || cause instanceof ArithmeticException;
    }

    private static ImageException ioError(Path file, IOException cause) {
        if (cause instanceof NoSuchFileException || !Files.exists(file)) {
            return unreadable("the image " + file + " does not exist", "check the path", cause);
        }
        String why = cause instanceof AccessDeniedException ? "permission denied" : Folders.reason(cause);
        return unreadable(
                "the image " + file + " cannot be read (" + why + ")", "check its permissions and the disk", cause);
    }

    static ImageException unreadable(String message, String remedy, @Nullable IOException cause) {
        return new ImageException(ImageException.Reason.UNREADABLE, message, remedy, cause);
    }
}
