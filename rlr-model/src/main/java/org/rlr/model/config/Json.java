package org.rlr.model.config;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.IoReason;

/**
 * Records as JSON by Gson, but read strictly: a component that is not {@link Nullable} must be present, an enum
 * constant must exist (Gson would use null, 0 or false), and numbers and booleans must not be strings (Gson would read
 * any string as {@code false}).
 */
public final class Json {
    private static final Gson GSON =
            new GsonBuilder().registerTypeAdapterFactory(new Strict()).create();

    private static final Set<Class<?>> NUMBERS = Set.of(
            int.class, Integer.class, long.class, Long.class, float.class, Float.class, double.class, Double.class);

    private Json() {}

    /**
     * Writes a record as JSON.
     *
     * @param value a record
     * @return its JSON
     */
    public static String write(Object value) {
        return GSON.toJson(value);
    }

    /**
     * Reads a record from JSON.
     *
     * @param <T> the record
     * @param json the text; null gives null
     * @param type the record's class
     * @return the record; null if the text is null or contains JSON null
     * @throws RuntimeException if the text is not such a record: the parser's exception, which names the place or wraps
     *     that of the record's constructor
     */
    public static <T> @Nullable T read(@Nullable String json, Class<T> type) {
        try {
            T value = GSON.fromJson(json, type);
            if (value != null) {
                requireNumbers(type, JsonParser.parseString(json), "$");
            }
            return value;
        } catch (JsonParseException e) {
            if (e.getCause() instanceof IOException) {
                throw new JsonParseException(IoReason.ofJson(e));
            }
            if (e.getCause() instanceof IllegalStateException) {
                // of an unexpected type; without Gson's advice to programmers
                String message = String.valueOf(e.getCause().getMessage());
                throw new JsonParseException(message.replaceFirst("(?s)\\s*See http.*", ""), e);
            }
            throw e;
        }
    }

    /** Rejects missing numbers and booleans, for which the parser would use 0 and false. */
    private static void requireNumbers(Type type, JsonElement json, String where) {
        if (type instanceof ParameterizedType generic) {
            Type[] of = generic.getActualTypeArguments();
            if (json.isJsonArray()) {
                json.getAsJsonArray().forEach(each -> requireNumbers(of[0], each, where + "[]"));
            } else if (json.isJsonObject()) {
                json.getAsJsonObject()
                        .asMap()
                        .forEach((key, each) -> requireNumbers(of[of.length - 1], each, where + "." + key));
            }
        } else if (type instanceof Class<?> record && record.isRecord() && json.isJsonObject()) {
            for (RecordComponent component : record.getRecordComponents()) {
                JsonElement member = json.getAsJsonObject().get(component.getName());
                String place = where + "." + component.getName();
                if (member != null && !member.isJsonNull()) {
                    requireNumbers(component.getGenericType(), member, place);
                } else if (component.getType().isPrimitive()) {
                    throw new JsonParseException(place + " is missing");
                }
            }
        }
    }

    /** Reads a number or a boolean that is not a string; numbers must be finite. */
    private static final class Plain<T> extends TypeAdapter<T> {
        private final TypeAdapter<T> delegate;
        private final JsonToken token;
        private final String what;

        Plain(TypeAdapter<T> delegate, JsonToken token, String what) {
            this.delegate = delegate;
            this.token = token;
            this.what = what;
        }

        @Override
        public void write(JsonWriter out, T value) throws IOException {
            delegate.write(out, value);
        }

        @Override
        public @Nullable T read(JsonReader in) throws IOException {
            String where = in.getPath();
            JsonToken next = in.peek();
            // the key of a map is a string in JSON
            boolean key = next == JsonToken.STRING && where.endsWith(".");
            if (next == token || next == JsonToken.NULL || key) {
                try {
                    T value = delegate.read(in);
                    if (!(value instanceof Number number) || Double.isFinite(number.doubleValue())) {
                        return value;
                    }
                } catch (NumberFormatException | JsonParseException e) {
                    throw new JsonParseException(where + " is not " + what, e);
                }
            }
            throw new JsonParseException(where + " is not " + what);
        }
    }

    private static final class Strict implements TypeAdapterFactory {
        @Override
        public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
            Class<? super T> raw = type.getRawType();
            if (raw == boolean.class || raw == Boolean.class) {
                return new Plain<>(gson.getDelegateAdapter(this, type), JsonToken.BOOLEAN, "true or false");
            }
            if (NUMBERS.contains(raw)) {
                return new Plain<>(gson.getDelegateAdapter(this, type), JsonToken.NUMBER, "a usable number");
            }
            if (!raw.isRecord() && !raw.isEnum()) {
                return null;
            }
            TypeAdapter<T> delegate = gson.getDelegateAdapter(this, type);
            return new TypeAdapter<>() {
                @Override
                public void write(JsonWriter out, T value) throws IOException {
                    delegate.write(out, value);
                }

                @Override
                public @Nullable T read(JsonReader in) throws IOException {
                    String where = in.getPath();
                    boolean said = in.peek() != JsonToken.NULL;
                    T value;
                    try {
                        value = delegate.read(in);
                    } catch (RuntimeException e) {
                        // thrown by a record's constructor, wrapped by the parser
                        if (raw.isRecord() && e.getCause() instanceof NullPointerException) {
                            throw new JsonParseException(where + " lacks a value");
                        }
                        throw e;
                    }
                    if (raw.isEnum() && value == null && said) {
                        throw new JsonParseException(
                                where + " is not one of " + Arrays.toString(raw.getEnumConstants()));
                    }
                    if (raw.isRecord() && value != null) {
                        requireComponents(raw, value, where);
                    }
                    return value;
                }
            };
        }

        private static void requireComponents(Class<?> type, Object value, String where) {
            for (RecordComponent component : type.getRecordComponents()) {
                if (component.getType().isPrimitive()
                        || component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    continue;
                }
                try {
                    component.getAccessor().setAccessible(true);
                    if (component.getAccessor().invoke(value) == null) {
                        throw new JsonParseException(where + "." + component.getName() + " is missing");
                    }
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }
}
