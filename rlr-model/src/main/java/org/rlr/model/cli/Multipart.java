package org.rlr.model.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.commons.fileupload2.core.AbstractFileUpload;
import org.apache.commons.fileupload2.core.DiskFileItem;
import org.apache.commons.fileupload2.core.DiskFileItemFactory;
import org.apache.commons.fileupload2.core.FileItemInput;
import org.apache.commons.fileupload2.core.FileItemInputIterator;
import org.apache.commons.fileupload2.core.RequestContext;

/** Reads the image from a body of the type {@code multipart/form-data}. */
final class Multipart {
    /**
     * The image of a form.
     *
     * @param name name of its file, without folders; empty if not given
     * @param bytes contents of the file
     */
    record Part(String name, byte[] bytes) {}

    private Multipart() {}

    /**
     * Returns the only file of a form.
     *
     * @param type the header {@code Content-Type}
     * @param body the whole body
     * @throws Problem if the form is damaged, has no file, or has other fields
     */
    static Part image(String type, byte[] body) throws Problem {
        try {
            FileItemInputIterator items = new Form().getItemIterator(new Request(type, body));
            Part image = null;
            while (items.hasNext()) {
                FileItemInput item = items.next();
                if (item.isFormField() || image != null) {
                    throw problem("has the field '" + item.getFieldName() + "' besides the image");
                }
                try (InputStream in = item.getInputStream()) {
                    image = new Part(name(item.getName()), in.readAllBytes());
                }
            }
            if (image == null) {
                throw problem("has no file");
            }
            return image;
        } catch (IOException | RuntimeException e) {
            throw problem("is damaged or has no boundary");
        }
    }

    /** Removes the folders, which some old browsers send. */
    private static String name(String sent) {
        return sent.substring(Math.max(sent.lastIndexOf('/'), sent.lastIndexOf('\\')) + 1);
    }

    private static Problem problem(String what) {
        return new Problem(
                400,
                "BAD_FORM",
                "the form " + what
                        + "; send one image as a file, as curl -F image=@FILE does, and class and map in the URL");
    }

    /** A body in memory, for the library. */
    private record Request(String type, byte[] body) implements RequestContext {
        @Override
        public String getCharacterEncoding() {
            return StandardCharsets.UTF_8.name();
        }

        @Override
        public long getContentLength() {
            return body.length;
        }

        @Override
        public String getContentType() {
            return type;
        }

        @Override
        public InputStream getInputStream() {
            return new ByteArrayInputStream(body);
        }

        @Override
        public boolean isMultipartRelated() {
            return false;
        }
    }

    /** Only the iterator over items in memory is used. */
    private static final class Form extends AbstractFileUpload<Void, DiskFileItem, DiskFileItemFactory> {
        @Override
        public FileItemInputIterator getItemIterator(Void request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Map<String, List<DiskFileItem>> parseParameterMap(Void request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<DiskFileItem> parseRequest(Void request) {
            throw new UnsupportedOperationException();
        }
    }
}
