package org.rlr.tensor.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses and checks a header. The tensors must tile the data section exactly, without gaps, overlaps or trailing bytes,
 * as the format requires; this makes every later read safe.
 */
final class SafeTensorsHeader {
    static final String METADATA = "__metadata__";
    private static final int SHOWN = 80;

    private final String file;
    private final long dataBytes;
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, TensorEntry> entries = new LinkedHashMap<>();

    private SafeTensorsHeader(String file, long dataBytes) {
        this.file = file;
        this.dataBytes = dataBytes;
    }

    /**
     * @param file name of the file, for messages
     * @param json the header's bytes
     * @param dataBytes length of the data section after it
     * @throws TensorFileException if the header is invalid
     */
    static SafeTensorsHeader parse(String file, byte[] json, long dataBytes) {
        SafeTensorsHeader header = new SafeTensorsHeader(file, dataBytes);
        if (json.length == 0 || json[0] != '{') {
            throw malformed(TensorFileException.Reason.OTHER_FORMAT, file, "its header does not begin with '{'");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException e) {
            throw header.malformed("its header is not UTF-8 text");
        }
        try (JsonReader reader = new JsonReader(new StringReader(text))) {
            reader.setStrictness(Strictness.STRICT);
            header.readAll(reader);
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw header.malformed("its header is not valid JSON" + place(e.getMessage()));
        }
        return header;
    }

    /** The metadata, in file order. */
    Map<String, String> metadata() {
        return metadata;
    }

    /** The tensors by name, in the order of their data. */
    Map<String, TensorEntry> entries() {
        return entries;
    }

    private void readAll(JsonReader reader) throws IOException {
        List<Located> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (!names.add(name)) {
                throw malformed("the name " + quoted(name) + " occurs twice in its header");
            }
            if (name.equals(METADATA)) {
                readMetadata(reader);
            } else {
                tensors.add(readTensor(reader, name));
            }
        }
        reader.endObject();
        if (reader.peek() != JsonToken.END_DOCUMENT) {
            throw malformed("its header is followed by extra text");
        }
        checkTiling(tensors);
    }

    private void readMetadata(JsonReader reader) throws IOException {
        expect(reader, JsonToken.BEGIN_OBJECT, METADATA, "an object of strings");
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            expect(reader, JsonToken.STRING, "the metadata " + quoted(key), "a string");
            if (metadata.put(key, reader.nextString()) != null) {
                throw malformed("the metadata " + quoted(key) + " occurs twice");
            }
        }
        reader.endObject();
    }

    private record Located(TensorEntry entry, long begin, long end) {}

    private Located readTensor(JsonReader reader, String name) throws IOException {
        String tensor = "tensor " + quoted(name);
        expect(reader, JsonToken.BEGIN_OBJECT, tensor, "an object");
        DType dtype = null;
        long[] shape = null;
        long[] offsets = null;
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            switch (key) {
                case "dtype" -> {
                    refuseTwice(dtype, tensor, key);
                    dtype = readDType(reader, tensor);
                }
                case "shape" -> {
                    refuseTwice(shape, tensor, key);
                    shape = readNaturals(reader, tensor + ": shape");
                }
                case "data_offsets" -> {
                    refuseTwice(offsets, tensor, key);
                    offsets = readNaturals(reader, tensor + ": data_offsets");
                }
                default -> throw malformed(tensor + " has an unknown field " + quoted(key));
            }
        }
        reader.endObject();
        if (dtype == null || shape == null || offsets == null) {
            throw malformed(
                    tensor + " lacks its " + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        }
        return locate(name, tensor, dtype, shape, offsets);
    }

    private Located locate(String name, String tensor, DType dtype, long[] shape, long[] offsets) {
        if (offsets.length != 2) {
            throw malformed(tensor + ": data_offsets must be two numbers, not " + offsets.length);
        }
        long begin = offsets[0];
        long end = offsets[1];
        if (begin > end) {
            throw malformed(tensor + ": its data begin at " + begin + ", after their end " + end);
        }
        if (end > dataBytes) {
            throw malformed(
                    tensor + ": its data end at byte " + end + ", but the file holds " + dataBytes + " bytes of data");
        }
        long elements = 1;
        long bytes;
        try {
            for (long length : shape) {
                elements = Math.multiplyExact(elements, length);
            }
            bytes = Math.multiplyExact(elements, dtype.bytes());
        } catch (ArithmeticException e) {
            throw malformed(tensor + ": shape " + shown(shape) + " is too large");
        }
        if (bytes != end - begin) {
            throw malformed(tensor + ": shape " + shown(shape) + " of " + dtype + " takes " + bytes
                    + " bytes, but its data_offsets span " + (end - begin));
        }
        return new Located(new TensorEntry(name, dtype, shape, elements, begin), begin, end);
    }

    private void checkTiling(List<Located> tensors) {
        tensors.sort(Comparator.comparingLong(Located::begin).thenComparingLong(Located::end));
        long position = 0;
        for (Located tensor : tensors) {
            if (tensor.begin != position) {
                throw malformed("the data of tensor " + quoted(tensor.entry.name()) + " begin at byte " + tensor.begin
                        + (tensor.begin < position
                                ? ", inside those of another tensor"
                                : " and leave a gap after byte " + position));
            }
            position = tensor.end;
            entries.put(tensor.entry.name(), tensor.entry);
        }
        if (position != dataBytes) {
            throw malformed("it holds " + dataBytes + " bytes of data, but its header describes " + position);
        }
    }

    private DType readDType(JsonReader reader, String tensor) throws IOException {
        expect(reader, JsonToken.STRING, tensor + ": dtype", "a string");
        String value = reader.nextString();
        DType dtype = DType.named(value);
        if (dtype == null) {
            throw new TensorFileException(
                    TensorFileException.Reason.UNSUPPORTED,
                    file + ": " + tensor + " has the unsupported element type " + quoted(value),
                    "convert it to one of " + Arrays.toString(DType.values()),
                    null);
        }
        return dtype;
    }

    private long[] readNaturals(JsonReader reader, String what) throws IOException {
        expect(reader, JsonToken.BEGIN_ARRAY, what, "a list of whole numbers");
        long[] values = new long[4];
        int count = 0;
        reader.beginArray();
        while (reader.hasNext()) {
            expect(reader, JsonToken.NUMBER, what, "a list of whole numbers");
            String digits = reader.nextString();
            // no sign, fraction or exponent
            if (!digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw malformed(what + " holds " + quoted(digits) + ", which is not a whole number of zero or more");
            }
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            try {
                values[count++] = Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw malformed(what + " holds " + quoted(digits) + ", which is too large");
            }
        }
        reader.endArray();
        return Arrays.copyOf(values, count);
    }

    private void expect(JsonReader reader, JsonToken wanted, String what, String description) throws IOException {
        if (reader.peek() != wanted) {
            throw malformed(what + " is not " + description);
        }
    }

    private void refuseTwice(@Nullable Object earlier, String tensor, String key) {
        if (earlier != null) {
            throw malformed(tensor + " has its " + key + " twice");
        }
    }

    private TensorFileException malformed(String what) {
        return malformed(TensorFileException.Reason.DAMAGED, file, what);
    }

    /** Returns the error for an invalid file. */
    static TensorFileException malformed(TensorFileException.Reason reason, String file, String what) {
        return new TensorFileException(
                reason, file + " is not a usable SafeTensors file: " + what, "copy, download or save it again", null);
    }

    private static String shown(long[] shape) {
        String text = Arrays.toString(shape);
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…]";
    }

    /** Returns the error's position from the parser's message; the rest is for programmers. */
    static String place(@Nullable String message) {
        String said = message == null ? "" : message;
        int at = said.indexOf(" at line ");
        String place = at < 0 ? "" : said.substring(at).lines().findFirst().orElse("");
        return printable(place.length() <= SHOWN ? place : place.substring(0, SHOWN) + "…");
    }

    /** Quotes a name from a file for one line of a message. */
    static String quoted(String name) {
        return "'" + printable(name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…") + "'";
    }

    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }
}
