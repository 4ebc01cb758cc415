# Mints event tokens with a library: perl mint.pl LIBRARY KID SECRET. A line a variant: its name, a tab, the token.
use strict;
use warnings;
use utf8;
use Time::HiRes ();

my ( $library, $kid, $secret ) = @ARGV;
my $now    = time;
my %times  = ( iat => $now, exp => $now + 3600 );
my %floats = ( iat => Time::HiRes::time(), exp => Time::HiRes::time() + 3600 );

sub claims {
    my ( $variant, %more ) = @_;
    return { sub => "c-42", art => "/caf\x{e9}", jti => "$library-$variant", %more };
}

sub show {
    my ( $variant, $token ) = @_;
    print "$variant\t$token\n";
}

if ( $library eq "Crypt::JWT" ) {
    require Crypt::JWT;
    my $sign = sub {
        my ( $variant, $claims, %options ) = @_;
        show $variant, Crypt::JWT::encode_jwt( payload => $claims, key => $secret, alg => "HS256", extra_headers => { kid => $kid }, %options );
    };
    $sign->( "default", claims("default"), auto_iat => 1, relative_exp => 3600 );
    $sign->( "float", claims( "float", %floats ) );
    $sign->( "audience", claims( "audience", %times, aud => [ "web", "millrace" ] ) );
    $sign->( "no-kid", claims( "no-kid", %times ), extra_headers => {} );
    $sign->( "hs512", claims( "hs512", %times ), alg => "HS512" );
}
elsif ( $library eq "JSON::WebToken" ) {
    require JSON::WebToken;
    show "default", JSON::WebToken->encode( claims( "default", %times ), $secret, "HS256", { kid => $kid } );
    show "no-kid",  JSON::WebToken->encode( claims( "no-kid",  %times ), $secret );
}
elsif ( $library eq "Mojo::JWT" ) {
    require Mojo::JWT;
    show "default",
      Mojo::JWT->new( claims => claims("default"), secret => $secret, header => { kid => $kid }, set_iat => 1, expires => $now + 3600 )->encode;
    show "no-kid", Mojo::JWT->new( claims => claims( "no-kid", %times ), secret => $secret )->encode;
}
else {
    exit 2;
}
