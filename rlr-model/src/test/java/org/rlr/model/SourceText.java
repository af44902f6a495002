package org.rlr.model;

import java.net.URI;
import javax.tools.SimpleJavaFileObject;

/** A Java class as input for the compiler, in memory. */
final class SourceText extends SimpleJavaFileObject {
    private final String text;

    SourceText(String className, String text) {
        super(URI.create("string:///" + className + ".java"), Kind.SOURCE);
        this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
    }
}
